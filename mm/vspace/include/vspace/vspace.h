/*
 * vspace: an address space, i.e. a page-table root and a tree of VMAs under one lock.
 *
 * The same object is a process (first-stage tables, walked through satp) and a guest-physical space
 * (G-stage tables, walked through hgatp, whose root is four times as wide: privileged spec, section
 * "Guest-Page-Table..." Sv39x4). A VMA is a range with rights, backed by a *kind*:
 *
 *   anonymous   demand-zero, private, copy on write after a fork        vma_anonymous
 *   shared      demand-zero, but kept by forks                          vma_shared
 *   physical    a fixed physical range: pflash bank, device registers   vma_physical
 *   file        pages of a page cache, private or shared                mm/filemap
 *
 * A kind is a struct vma_ops; components above add their own. Creating a VMA maps no page (except
 * with VSPACE_POPULATE): the first access faults, vspace_fault() gets the page from the kind and
 * fills the tables.
 *
 * Life cycle: vspace_init (count 1) -> map/unmap/fault/fork/... -> vspace_put, whose last call
 * unmaps all and frees the tables. Every mapping holds a reference to its frame
 * (frame_get/frame_put): a frame with several references is mapped read-only in private VMAs and
 * copied on the first write.
 *
 * Context: all calls may sleep (they take vs->lock, a mutex; a fault may read a disk), except where
 * noted. A failed allocation gives -ENOMEM and leaves the space unchanged.
 */
#ifndef VSPACE_VSPACE_H
#define VSPACE_VSPACE_H

#include <arch/paging.h>
#include <base/types.h>
#include <list/list.h>
#include <lock/spinlock.h>
#include <rbtree/rbtree.h>
#include <sync/mutex.h>

struct frame;
struct vspace;
struct vma;

enum vspace_format {
    VSPACE_STAGE1, /* satp: a process; leaves are user pages; the kernel half is mapped, too */
    VSPACE_GSTAGE, /* hgatp: a guest; leaves carry U as the G-stage demands */
};

/* Rights and properties of a VMA. The low three are also the `access` of a fault. */
#define VMA_READ       0x001u
#define VMA_WRITE      0x002u
#define VMA_EXEC       0x004u
#define VMA_SHARED     0x008u /* writes go to the object, shared over fork */
#define VMA_GROWS_DOWN 0x010u /* a stack: a fault below it extends it, up to vs->stack_limit */
#define VMA_NO_FORK    0x020u /* madvise(MADV_DONTFORK): a child does not get it */
#define VMA_LOCKED     0x040u /* mlock: populated at once, never discarded by pressure */
#define VMA_STACK      0x080u /* shown as [stack] */
#define VMA_HEAP       0x100u /* shown as [heap] */
#define VMA_WIPE_FORK  0x200u /* madvise(MADV_WIPEONFORK): a child gets zero pages */
#define VMA_MAY_WRITE  0x400u /* a shared file mapping that mprotect may make writable */
/* Anonymous: in 2 MiB pages while memory is plenty; never cut or forked. */
#define VMA_LARGE      0x800u
#define VMA_NEVER_EXEC 0x2000u /* of a file system mounted noexec */
#define VMA_MOVING     0x1000u /* mremap is about to remove it: do not merge it */
#define VMA_RIGHTS     (VMA_READ | VMA_WRITE | VMA_EXEC)

/* A page as a kind provides it. */
struct vma_page {
    paddr_t pa;
    struct frame *frame; /* referenced for the caller; NULL for memory that has no descriptor use */
    bool is_writable;    /* may be mapped writable; else a write copies it first */
};

/*
 * A kind of VMA. All but fetch may be called with vs->lock held; none may access user memory.
 */
struct vma_ops {
    const char *name;

    /* Get the page at byte `offset` of the object (page aligned); NULL op: anonymous memory.
     * access: VMA_READ, VMA_WRITE or VMA_EXEC. -ENXIO: past the end of the object (SIGBUS);
     * -EAGAIN: it must be fetched first; VSPACE_EMULATE: such an access must be emulated. */
    int (*page)(struct vma *vma, uint64_t offset, uint32_t access, struct vma_page *out);

    /*
     * For objects on a device: fetch reads the page, so that `page` finds it, and holds a
     * reference. It waits for the device and is called without locks of the space; the VMA may be
     * gone. hold and release keep the object alive for it. All three or none.
     */
    int (*fetch)(void *object, uint64_t offset, uint32_t access, struct frame **out);
    void (*hold)(void *object);
    void (*release)(void *object);

    /* True if the page that `page` returned for this access is still valid. Called under table_lock
     * before it is mapped: an object that withdraws pages or rights does so first and zaps
     * afterwards, so that one of the two sees the other. NULL: always true. */
    bool (*is_current)(const struct vma *vma, uint64_t offset, uint32_t access,
                       const struct frame *frame);

    /*
     * Another VMA refers to the object (map, split, fork, remap); one no longer does. May be NULL.
     * Called with vs->lock, not with table_lock; may sleep. Between the two vspace_zap(vma) may be
     * called; put must wait for such calls in progress.
     */
    void (*get)(struct vma *vma);
    void (*put)(struct vma *vma);

    /* True if the VMA may be merged with an adjacent one of the same object at the following
     * offset. NULL: yes. */
    bool (*can_merge)(const struct vma *a, const struct vma *b);

    /* Return a unique number of the object, never reused and not 0: shared memory has the same
     * number in every space. Does not sleep. NULL: the memory is private to the space. */
    uint64_t (*identity)(const struct vma *vma);

    /* msync over [offset, offset + size). NULL: nothing to write back. */
    int (*sync)(struct vma *vma, uint64_t offset, uint64_t size);

    /* Get the name, device and inode number for /proc/PID/maps; the name goes into buf. NULL:
     * none. */
    void (*describe)(struct vma *vma, char *buf, size_t size, uint64_t *device, uint64_t *inode);
};

struct vma {
    struct rb_node node;       /* [lt] in vs->vmas, by start; ranges never overlap */
    uint64_t start, end;       /* [lt] page aligned, start < end */
    uint32_t flags;            /* [lt] VMA_* */
    const struct vma_ops *ops; /* [I] */
    void *object;              /* [I] private to the kind */
    uint64_t offset;           /* [lt] byte offset of `start` in the object */
    struct vspace *vspace;     /* [I] */
    struct list object_node;   /* for the kind: e.g. all VMAs of a file mapping */
};

extern const struct vma_ops vma_anonymous; /* object unused */
extern const struct vma_ops vma_physical;  /* object unused; offset = physical address */
extern const struct vma_ops vma_shared;    /* object = struct vma_shared_object * */

/* Create an object of zero pages for vma_shared, with one reference for the caller. NULL: no
 * memory. */
struct vma_shared_object;
struct vma_shared_object *vma_shared_create(uint64_t size);
void vma_shared_put(struct vma_shared_object *object);

struct vspace_limits {
    uint64_t nr_bytes;    /* RLIMIT_AS: sum of VMA sizes */
    uint64_t stack_bytes; /* RLIMIT_STACK: how far VMA_GROWS_DOWN may grow */
};

/*
 * Two locks. `lock` (a mutex) is held over every operation, but dropped while a fault waits for a
 * device; everything is checked again then. `table_lock` (a spinlock) is taken inside it around
 * each change of the VMA tree or the page tables, so that those who have table_lock only see both
 * consistent: vspace_zap, which is called with a file's locks held and must not wait for `lock`,
 * and faults in anonymous memory. What must change together changes in one hold. [lt]: written with
 * both held, read with either.
 */
struct vspace {
    struct mutex lock; /* order: before page-cache and frame locks */
    struct spinlock table_lock;
    struct rb_root vmas;    /* [lt] */
    struct vma *last_found; /* [a] of the tree, for the next lookup; with either lock */
    struct vma
        *last_anonymous;  /* [lock] the VMA last grown by vspace_map: merges without a search */
    uint64_t base, limit; /* [I] mappable range [base, limit) */
    uint64_t
        place_base;    /* [I] lowest address chosen for a mapping without a hint; initially base */
    uint64_t mmap_top; /* [lock] top of the search for a mapping without a hint */
    uint64_t mmap_cursor;        /* [lock] where that search continues: no hole above is known */
    enum vspace_format format;   /* [I] */
    uint32_t refcount;           /* [a] */
    struct arch_pt tables;       /* [table_lock] */
    uint64_t id_generation;      /* [id_lock of vspace/id.c] of the ASID or VMID */
    uint32_t id;                 /* [id_lock] ASID or VMID */
    uint64_t satp;               /* [id_lock] VSPACE_STAGE1: for this id */
    cpumask_t cpus_active;       /* [a] CPUs whose satp/hgatp is this space now */
    cpumask_t cpus_stale;        /* [a] CPUs that must flush this id before they enter it again */
    cpumask_t cpus_stale_code;   /* [a] CPUs that must fence.i before they enter it again */
    struct vspace_limits limits; /* [lock] */
    uint64_t nr_bytes;           /* [lock] sum of VMA sizes */
    uint64_t nr_resident;        /* [table_lock] pages mapped (leaf entries with a frame) */
    uint64_t nr_resident_peak;   /* [table_lock] */
    uint32_t nr_vmas;            /* [lock] */

    /* Set by exec, used by brk and procfs. */
    uint64_t code_start, code_end, data_start, data_end;
    uint64_t brk_start, brk;
    uint64_t stack_top, arg_start, arg_end, env_start, env_end;
    uint64_t auxv; /* address of the auxiliary vector on the stack; 0: none */
    uint64_t vdso; /* address of the vDSO */
};

/* Most VMAs in a space (/proc/sys/vm/max_map_count); operations that would exceed it fail with
 * -ENOMEM. */
extern uint32_t vspace_max_vmas;

/* Initialise shared state and find the number of ASIDs; once at boot. (VMIDs:
 * vspace_gstage_register.) */
void vspace_boot(void);

/*
 * Make an empty space over [base, limit) (page aligned; VSPACE_STAGE1: within the low half,
 * VSPACE_GSTAGE: limit at most 1 << 41). -ENOMEM.
 */
int vspace_init(struct vspace *vs, enum vspace_format format, uint64_t base,
                uint64_t limit) MUST_CHECK;

/* Allocate and initialise a space; NULL: no memory. Freed by the last vspace_put(). */
struct vspace *vspace_create(enum vspace_format format, uint64_t base, uint64_t limit);
void vspace_get(struct vspace *vs);
void vspace_put(struct vspace *vs);

/* Unmap everything and free the tables of a space made by vspace_init(). It must not be active on
 * any CPU. */
void vspace_destroy(struct vspace *vs);

/* A mapping to make. Zero the fields that are not used. */
struct vspace_map_request {
    uint64_t addr;    /* hint, or the place with VSPACE_FIXED */
    uint64_t size;    /* > 0, page aligned */
    uint32_t flags;   /* VMA_* of the new VMA */
    uint32_t options; /* VSPACE_* below */
    const struct vma_ops *ops;
    void *object; /* ops->get is called on success */
    uint64_t offset;
};
#define VSPACE_FIXED      0x1u /* exactly at addr; replaces existing mappings */
#define VSPACE_NO_REPLACE 0x2u /* with VSPACE_FIXED: -EEXIST if the range is in use */
#define VSPACE_POPULATE   0x4u /* fill all pages now (best effort, as MAP_POPULATE) */

/* Make a mapping; its address goes to *addr_out. -EINVAL, -EEXIST, -ENOMEM (no room, limit or
 * memory). */
int vspace_map(struct vspace *vs, const struct vspace_map_request *request,
               uint64_t *addr_out) MUST_CHECK;

/* Unmap a range; holes are no error. addr and size page aligned. -EINVAL, -ENOMEM (a split needs a
 * VMA). */
int vspace_unmap(struct vspace *vs, uint64_t addr, uint64_t size) MUST_CHECK;

/* Set the rights of a range, up to the first obstacle, as Linux does: -ENOMEM: a hole, no memory or
 * too many mappings; -EACCES: not permitted (VMA_MAY_WRITE, VMA_NEVER_EXEC). */
int vspace_protect(struct vspace *vs, uint64_t addr, uint64_t size, uint32_t rights) MUST_CHECK;

/* Set and clear properties (VMA_NO_FORK, VMA_LOCKED, VMA_WIPE_FORK) over a range. Holes give
 * -ENOMEM at the end; VMA_LOCKED stops at one. */
int vspace_set_flags(struct vspace *vs, uint64_t addr, uint64_t size, uint32_t set,
                     uint32_t clear) MUST_CHECK;

/* mremap: grow, shrink or move the range of one VMA. -EFAULT: a hole; -EINVAL, -ENOMEM. */
#define VSPACE_REMAP_MAY_MOVE 0x1u
#define VSPACE_REMAP_FIXED    0x2u /* to new_addr, replacing existing mappings */
#define VSPACE_REMAP_KEEP     0x4u /* MREMAP_DONTUNMAP: the old range stays, empty */
int vspace_remap(struct vspace *vs, uint64_t addr, uint64_t old_size, uint64_t new_size,
                 uint32_t options, uint64_t new_addr, uint64_t *addr_out) MUST_CHECK;

/* brk: move the end of the heap; returns the resulting end (unchanged on failure). */
uint64_t vspace_brk(struct vspace *vs, uint64_t new_brk);

/* Drop the pages of a range (MADV_DONTNEED): anonymous ones read as zero again. -ENOMEM: a hole. */
int vspace_discard(struct vspace *vs, uint64_t addr, uint64_t size) MUST_CHECK;

/* Make `child` (new, empty) a copy-on-write copy of `parent`. -ENOMEM: child is empty again. */
int vspace_fork(struct vspace *child, struct vspace *parent) MUST_CHECK;

/*
 * Resolve a fault at addr. Returns
 *   0               mapped now: repeat the access
 *   VSPACE_EMULATE  the object says that it is no memory now: the caller emulates the access
 *   -EFAULT         nothing is mapped there (SEGV_MAPERR)
 *   -EACCES         mapped, but not with these rights (SEGV_ACCERR)
 *   -ENXIO          past the end of the object (SIGBUS, BUS_ADRERR); -EIO: it could not be read
 *   -ENOMEM         no memory
 */
#define VSPACE_EMULATE 1
int vspace_fault(struct vspace *vs, uint64_t addr, uint32_t access) MUST_CHECK;

/* Fault in all pages of a range for `access`. As vspace_fault(); stops at the first error. */
int vspace_populate(struct vspace *vs, uint64_t addr, uint64_t size, uint32_t access) MUST_CHECK;

/*
 * Identify the memory at addr independently of the mapping: the number of a shared object and the
 * offset in it, or 0 and addr for private memory. The page is faulted in for writing, or, if that
 * is not permitted and access is VMA_READ, for reading. As vspace_fault(); VSPACE_EMULATE becomes
 * -EFAULT, and so does read-only private memory that is not an object's page.
 */
int vspace_identify(struct vspace *vs, uint64_t addr, uint32_t access, uint64_t *object,
                    uint64_t *offset) MUST_CHECK;

/* Allocate a number for vma_ops.identity. */
uint64_t vma_new_identity(void);

/*
 * Access the memory at addr from outside: fault it in and take a reference to its frame, so that it
 * stays valid until vspace_page_put(frame) whatever the space does. As vspace_fault(); -EFAULT also
 * for emulated ranges and device registers.
 */
struct vspace_page {
    void *memory;        /* kernel address of addr */
    uint64_t size;       /* bytes up to the end of the (small or large) page */
    struct frame *frame; /* frame of the page */
};
int vspace_page_get(struct vspace *vs, uint64_t addr, uint32_t access,
                    struct vspace_page *page) MUST_CHECK;
void vspace_page_put(struct frame *frame);

/*
 * Copy between kernel memory and another space; returns the bytes copied, or a negative errno if
 * none. -EFAULT: no memory, as above.
 */
ssize_t vspace_copy_in(struct vspace *vs, uint64_t dst, const void *src, size_t size);
ssize_t vspace_copy_out(struct vspace *vs, void *dst, uint64_t src, size_t size);

/* Find the VMA that contains addr, or the next above it (NULL: none). Under vs->lock or table_lock.
 */
struct vma *vspace_find(struct vspace *vs, uint64_t addr);
struct vma *vspace_next(struct vma *vma);

/* Present translation in the tables, without faulting. */
struct vspace_translation {
    bool is_mapped;
    paddr_t pa;
    uint64_t page_size; /* 4 KiB, 2 MiB, 1 GiB */
    uint32_t rights;    /* VMA_READ | ... as mapped (not yet writable while copy on write) */
    bool is_accessed, is_dirty;
};
void vspace_query(struct vspace *vs, uint64_t addr, struct vspace_translation *out);

/* Count the pages of its page tables, the root as one. */
uint64_t vspace_nr_tables(struct vspace *vs);

/*
 * For kinds whose object withdraws pages (a truncated file): vspace_zap removes the pages of object
 * bytes [offset, offset + size) and private copies of them from this VMA's tables, vspace_zap_hole
 * all but the copies; vspace_zap_write makes them read-only (the next write faults and calls
 * ops->page again). Takes only vma->vspace->table_lock; the caller guarantees that the VMA exists
 * (ops->put was not called). Does not sleep.
 */
void vspace_zap(struct vma *vma, uint64_t offset, uint64_t size);
void vspace_zap_hole(struct vma *vma, uint64_t offset, uint64_t size);
void vspace_zap_write(struct vma *vma, uint64_t offset, uint64_t size);

/*
 * Switch this CPU to vs (VSPACE_STAGE1): assign an ASID of the current generation, flush if
 * necessary, write satp. NULL: the kernel's own tables. Interrupts are off. Called by the switch_in
 * and switch_out callbacks of user threads.
 */
void vspace_activate(struct vspace *vs);

/*
 * The same for a VSPACE_GSTAGE space, without writing hgatp, which belongs to arch/riscv/hext: get
 * the VMID to use on this CPU. True: the caller must first fence that VMID here (hfence.gvma), or
 * with *all every VMID. Interrupts are off. vspace_gstage_leave: another space, or none, follows.
 */
bool vspace_gstage_enter(struct vspace *vs, vmid_t *vmid, bool *all);
void vspace_gstage_leave(struct vspace *vs);

/* G-stage operations of the hypervisor extension; set once, before the first such space. */
struct vspace_gstage_ops {
    unsigned nr_vmids; /* number that the hart implements */
    /* hfence.gvma of the range on the CPUs of mask, done on return. */
    void (*shootdown)(cpumask_t cpus, uint64_t gpa, uint64_t size, vmid_t vmid);
};
void vspace_gstage_register(const struct vspace_gstage_ops *ops);

#endif
