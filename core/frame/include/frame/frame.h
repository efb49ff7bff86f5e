/*
 * Physical memory: a binary buddy allocator over all of RAM (Knuth, TAOCP vol. 1, 2.5; Knowlton
 * 1965).
 *
 * A *frame* is one physical page; a *block* is 2^order frames, aligned to its size. Every frame
 * that the allocator has ever handled has a 32-byte descriptor, `struct frame`, at a fixed virtual
 * place (vmemmap), so that frame <-> address <-> descriptor are arithmetic. Descriptors are born
 * lazily: RAM that nobody asked for yet lies between two watermarks of its zone and is in no list,
 * so that booting costs the same for 8 MiB and for 64 GiB. Sections of 512 KiB (one page of
 * descriptors) are opened from the bottom of a zone up; the pages that hold descriptors are taken
 * from its top down. Blocks of up to 8 frames go through a cache per CPU; these are emptied before
 * an allocation fails.
 *
 * Life cycle: frame_init() once on the boot CPU, with the direct map in place; then everything
 * else. Not here: kernel virtual ranges (core/kmap), objects smaller than a page (core/slab,
 * core/heap).
 *
 * Context: unless stated otherwise every function may be called with interrupts off, from an
 * interrupt handler, and on any CPU; none sleeps.
 */
#ifndef FRAME_FRAME_H
#define FRAME_FRAME_H

#include <arch/cpu.h>
#include <arch/memory.h>
#include <base/types.h>
#include <list/list.h>
#include <percpu/percpu.h>

#ifndef FRAME_MAX_ORDER    /* smaller in proofs */
#define FRAME_MAX_ORDER 18 /* 2^18 pages = 1 GiB: the largest block */
#endif
#define FRAME_NR_ORDERS (FRAME_MAX_ORDER + 1)
#define FRAME_MAX_ZONES 8  /* memory nodes beyond this are ignored with a warning */
#define FRAME_MAX_HOLES 32 /* reserved ranges that can be remembered */
#define FRAME_PFN_LIMIT (GIB(128) >> PAGE_SHIFT) /* RAM above the direct map is not used */

/* The present use of a frame. */
enum frame_type {
    FRAME_NONE = 0, /* no RAM, a metadata page, or not the first frame of a block */
    FRAME_FREE,     /* the first frame of a block in the buddy lists */
    FRAME_CACHED,   /* free, in a per-CPU cache (kept up to date in DEBUG builds only) */
    FRAME_RESERVED, /* firmware, kernel image, initrd: see frame_release() */
    FRAME_USED,     /* allocated; a user may set one of the types below instead */
    FRAME_SLAB,     /* part of a slab of core/slab */
    FRAME_HEAP,     /* part of a heap provider's pool */
    FRAME_FILE,     /* belongs to a page cache */
    FRAME_TABLE,    /* a page table */
    FRAME_ANON,     /* an address space's own memory */
    FRAME_SHARED,   /* memory that address spaces share, without a file */
    FRAME_LENT,     /* initial file contents (initrd) outside page caches */
    FRAME_PIPE,     /* contents of pipes */
    FRAME_KMAP,     /* kernel stacks, and core/kmap's own */
    FRAME_PERCPU,   /* per-CPU areas */
    FRAME_NR_TYPES,
};

/*
 * The descriptor of one frame. While the frame is free all of it belongs to core/frame; while it is
 * allocated the union and `priv` belong to its user.
 */
struct frame {
    uint32_t refcount; /* [a] 1 after allocation; frame_get, frame_put */
    uint8_t order;     /* log2 of the block's frames; valid in its first frame */
    uint8_t type;      /* enum frame_type */
    uint8_t flags;     /* for the owner; 0 after allocation in DEBUG builds, else undefined */
    uint8_t reserved;
    union {
        struct list link; /* free list, or any list of the owner's */
        struct {
            void *owner;    /* e.g. the inode of a page-cache page, the cache of a slab */
            uint64_t index; /* e.g. the page's index in the file */
        };
        uint64_t words[2];
    };
    uint64_t priv;
};

_Static_assert(sizeof(struct frame) == 32, "vmemmap arithmetic");

#ifdef FRAME_DESCRIPTORS /* an array in proofs */
extern struct frame FRAME_DESCRIPTORS[FRAME_PROOF_NR_FRAMES];
#else
#define FRAME_DESCRIPTORS ((struct frame *)ARCH_VMEMMAP_BASE)
#endif

/* A physical range, in bytes; size 0 is allowed and ignored. */
struct frame_range {
    paddr_t start;
    uint64_t size;
};

/* Flags of the allocating functions. */
#define FRAME_ZERO (1u << 0) /* fill the block with zero bytes */

/*
 * Give RAM to the allocator. ram: one range per memory node of the device tree, any order, not
 * overlapping (overlaps are cut off). reserved: ranges that must not be allocated (firmware, the
 * kernel's image with .bss, initrd, flat device tree), any order, may overlap. Ends of ranges are
 * rounded in the safe direction. Boot CPU only, once. Returns 0, or -ENOMEM if no usable RAM is
 * left.
 */
MUST_CHECK int frame_init(const struct frame_range *ram, size_t nr_ram,
                          const struct frame_range *reserved, size_t nr_reserved);

/*
 * Free the whole pages of memory that was reserved at frame_init() (an unpacked initrd). The range
 * must be, or lie inside, a reserved range.
 */
void frame_release(paddr_t start, uint64_t size);

/*
 * Convert the whole pages of a reserved range to allocated frames of order 0 with reference count
 * 1, so that e.g. the page cache can own the initrd's pages in place and frame_put() frees them.
 * Returns 0, -EINVAL if the range is not reserved, -ENOMEM.
 */
MUST_CHECK int frame_adopt(paddr_t start, uint64_t size);

/* --- the caches in front, for the inline paths below ------------------------------------------ */

#define FRAME_CACHED_ORDERS 5  /* blocks of order 0 to 4 */
#define FRAME_CACHE_SIZE    48 /* frames, or a quarter of larger blocks; 1.6 MiB per CPU at most */

/*
 * A stack of free blocks of one CPU, which grows down. `top` is the offset in slots of the last
 * block; of the NULL behind the first one if it is empty; and 0, where there is a NULL as well,
 * while the stack is claimed: by its CPU for the few instructions of a push or pop, interrupts
 * masked, or by a CPU that empties it. All zero until its CPU first needs it.
 */
struct frame_cache {
    uint64_t top; /* [a] */
    struct frame *slots[FRAME_CACHE_SIZE + 2];
    bool is_ready; /* frame_lock */
};

DECLARE_PER_CPU(struct frame_cache, frame_cache[FRAME_CACHED_ORDERS]);

/* Not for direct use: everything but the hot path. */
struct frame *frame_alloc_slow(unsigned order, unsigned flags);
void frame_free_slow(struct frame *f, unsigned order);

static ALWAYS_INLINE struct frame *frame_cache_pop(unsigned order)
{
    unsigned long irq = arch_irq_save_short();
    struct frame_cache *c = &this_cpu(frame_cache[order]);
    uint64_t top = arch_swap_acquire(&c->top, 0);
    struct frame *f = *(struct frame **)((char *)c->slots + top);

    if (likely(f))
        top += sizeof(f);
    arch_or_release(&c->top, top);
    arch_irq_restore_short(irq);
    return f;
}

static ALWAYS_INLINE bool frame_cache_push(unsigned order, struct frame *f)
{
    unsigned long irq = arch_irq_save_short();
    struct frame_cache *c = &this_cpu(frame_cache[order]);
    uint64_t top = arch_swap_acquire(&c->top, 0);
    bool has_room = (int64_t)(top - sizeof(f)) > 0; /* neither full nor claimed */

    if (likely(has_room)) {
        top -= sizeof(f);
        *(struct frame **)((char *)c->slots + top) = f;
    }
    arch_or_release(&c->top, top);
    arch_irq_restore_short(irq);
    return has_room;
}

/* --- allocation ------------------------------------------------------------------------------- */

/* Not in builds that check every block, nor in code compiled for size. */
#if !defined(DEBUG) && !defined(__OPTIMIZE_SIZE__)
#define FRAME_INLINE_PATHS
#endif

/*
 * Allocate a block of 2^order frames (0 <= order <= FRAME_MAX_ORDER), aligned to its size,
 * reference count 1, type FRAME_USED. NULL: no memory.
 */
MUST_CHECK static inline struct frame *frame_alloc(unsigned order, unsigned flags)
{
#ifdef FRAME_INLINE_PATHS
    if (__builtin_constant_p(order) && order == 0 && __builtin_constant_p(flags) && flags == 0) {
        struct frame *f = frame_cache_pop(0);

        if (likely(f)) {
            f->refcount = 1;
            f->type = FRAME_USED;
            return f;
        }
    }
#endif
    return frame_alloc_slow(order, flags);
}

/* Free a block as it was allocated; the caller is its only user (the reference count is not
 * read). */
static inline void frame_free(struct frame *f, unsigned order)
{
#ifdef FRAME_INLINE_PATHS
    if (__builtin_constant_p(order) && order == 0 && likely(frame_cache_push(0, f)))
        return;
#endif
    frame_free_slow(f, order);
}

/*
 * Allocate nr_pages contiguous frames, any number; the first frame number is a multiple of align, a
 * power of two. Each frame is a block of order 0 with reference count 1 and may be freed
 * separately. NULL: no memory. If no block of the next power of two is free, the search is linear
 * in the smaller ones.
 */
MUST_CHECK struct frame *frame_alloc_contig(size_t nr_pages, size_t align, unsigned flags);

/* Extend a run of nr_pages by the nr_more frames behind it. False: they are not all free. */
MUST_CHECK bool frame_extend_contig(struct frame *f, size_t nr_pages, size_t nr_more);

/* Free contiguous single frames, however they were allocated: cheaper than one by one. */
void frame_free_contig(struct frame *f, size_t nr_pages);

/* Split an allocated block of 2^order frames into single frames of its type, each with a count of
 * 1. */
void frame_split(struct frame *f, unsigned order);

/* Take and drop a reference; the last drop frees the block (of f->order) and returns true. */
static inline void frame_get(struct frame *f)
{
    __atomic_fetch_add(&f->refcount, 1, __ATOMIC_RELAXED);
}
bool frame_put(struct frame *f);

/* Drop a reference without freeing: true if it was the last, then the caller must free the
 * block. */
MUST_CHECK static inline bool frame_drop(struct frame *f)
{
    return __atomic_fetch_sub(&f->refcount, 1, __ATOMIC_ACQ_REL) == 1;
}

static inline pfn_t frame_to_pfn(const struct frame *f)
{
    return (pfn_t)(f - FRAME_DESCRIPTORS);
}

static inline struct frame *pfn_to_frame(pfn_t pfn)
{
    return FRAME_DESCRIPTORS + pfn;
}

static inline paddr_t frame_to_pa(const struct frame *f)
{
    return pfn_to_paddr(frame_to_pfn(f));
}

/* Only for memory from frame_alloc() or frame_adopt(); see frame_lookup() for the rest. */
static inline struct frame *pa_to_frame(paddr_t pa)
{
    return pfn_to_frame(paddr_to_pfn(pa));
}

static inline void *frame_to_virt(const struct frame *f)
{
    return phys_to_virt(frame_to_pa(f));
}

/* va: in the direct map. */
static inline struct frame *virt_to_frame(const void *va)
{
    return pa_to_frame(virt_to_phys(va));
}

/* Find the descriptor of any physical address; NULL: none (devices, untouched RAM). */
struct frame *frame_lookup(paddr_t pa);

/* Return the smallest order whose blocks hold nr_bytes (at least 1 byte). */
static inline unsigned frame_order(size_t nr_bytes)
{
    unsigned order = 0;

    while ((PAGE_SIZE << order) < nr_bytes)
        order++;
    return order;
}

/* Allocate whole pages for per-CPU areas, never freed; returns the direct-map address. NULL: no
 * memory. */
MUST_CHECK void *frame_alloc_bytes(size_t nr_bytes);

/*
 * Count frames in use by type: users of the types TABLE, ANON, SHARED, LENT, PIPE and KMAP count
 * what they allocate and free (users of the other types keep their own statistics). Any context.
 */
DECLARE_PER_CPU(int64_t[FRAME_NR_TYPES], frame_uses); /* [a] a CPU's may be negative */

static inline void frame_count(enum frame_type type, int64_t nr_frames)
{
    __atomic_fetch_add(&this_cpu(frame_uses)[type], nr_frames, __ATOMIC_RELAXED);
}

/* Sum over all CPUs; exact if nobody counts meanwhile. */
uint64_t frame_nr_used(enum frame_type type);

struct frame_stats {
    uint64_t total;                    /* frames of RAM in all zones */
    uint64_t free;                     /* in the lists, in per-CPU caches, and untouched */
    uint64_t untouched;                /* of these, never opened */
    uint64_t cached;                   /* of these, in per-CPU caches */
    uint64_t reserved;                 /* holes that are still reserved */
    uint64_t meta;                     /* spent on descriptors and their page tables */
    uint64_t meta_ahead;               /* of the free, needed for descriptors of untouched RAM */
    uint64_t nr_free[FRAME_NR_ORDERS]; /* free blocks in the lists, by order */
};

/* Take a snapshot; exact if nobody allocates meanwhile. */
void frame_stats(struct frame_stats *out);

/* Drain every CPU's caches into the buddy lists; returns how many frames. */
size_t frame_cache_drain(void);

/*
 * Callbacks for memory shortage. shrink(nr_pages) frees what it can, about nr_pages, and returns
 * how many it freed; called from frame_alloc() without locks held, in any context. The struct is
 * the caller's and is never freed.
 */
struct frame_shrinker {
    size_t (*shrink)(size_t nr_pages);
    struct frame_shrinker *next;
};
void frame_shrinker_add(struct frame_shrinker *s);

/* Check all data structures and panic at the first broken invariant. Tests and debugging. */
void frame_check(void);

#endif
