/*
 * The heap contract by the buddy system alone: every block below a page is a power of two, from 64
 * bytes up. The simplest heap; a block wastes up to half of itself.
 *
 * Blocks of more than half a page are runs of frames (core/heap-runs). Smaller ones are halves of
 * halves of a page. The page is a binary tree: node 1 is the page, the children of node n are 2n
 * and 2n + 1, the nodes from 64 on are the units of 64 bytes. Two bits per inner node describe it,
 * and the 63 pairs of bits fit into the page's frame descriptor, so that blocks need no header:
 *
 *   split   the node is divided into its children
 *   single  exactly one of its children is free as a whole (is in a free list)
 *
 * Freeing a block flips its parent's `single`: if that gives 0, both children are free and merge.
 */
#include <bits/bits.h>
#include <faultinject/faultinject.h>
#include <frame/frame.h>
#include <heap/heap.h>
#include <heapdebug/heapdebug.h>
#include <heapruns/heapruns.h>
#include <lock/spinlock.h>
#include <log/log.h>

#define UNIT_SHIFT 6
/* Levels below the page: 0 = units .. 5 = half pages. */
#define NR_LEVELS  (PAGE_SHIFT - UNIT_SHIFT)
#define PAGE_LEVEL NR_LEVELS

static struct spinlock heap_lock = SPINLOCK_INIT("heap");
static struct list free_blocks[NR_LEVELS] GUARDED_BY(&heap_lock); /* the links are in the blocks */
static uint64_t nr_divided;                                       /* [a] pages */

/*
 * The page's tree lives in its descriptor. The first word lies over `owner`, which is NULL in a
 * run: a divided page is one whose root is split.
 */
_Static_assert(offsetof(struct frame, owner) == offsetof(struct frame, words), "overlay");

static uint64_t *split_bits(struct frame *page)
{
    return &page->words[0];
}

static bool is_divided(const struct frame *page)
{
    return page->words[0] != 0;
}

static uint64_t *single_bits(struct frame *page)
{
    return &page->words[1];
}

static unsigned node_of(const void *block, unsigned level)
{
    size_t offset = (uintptr_t)block & PAGE_MASK;

    return (1u << (PAGE_LEVEL - level)) + (unsigned)(offset >> (UNIT_SHIFT + level));
}

static unsigned level_of(size_t size)
{
    return size <= 1ul << UNIT_SHIFT ? 0 : bit_log2_up64(size) - UNIT_SHIFT;
}

int heap_init(void)
{
    ASSUME_UNSHARED(&heap_lock, "nobody allocates before");
    for (unsigned level = 0; level < NR_LEVELS; level++)
        list_init(&free_blocks[level]);
    return 0;
}

/* Split a block down to the wanted level; the upper halves become free. */
static void *split_down(char *block, unsigned from, unsigned level) REQUIRES(&heap_lock)
{
    struct frame *page = virt_to_frame(block);

    while (from > level) {
        uint64_t bit = 1ull << node_of(block, from);

        from--;
        *split_bits(page) |= bit;
        *single_bits(page) |= bit;
        list_add(&free_blocks[from], (struct list *)(block + (1ul << (UNIT_SHIFT + from))));
    }
    return block;
}

/* Allocate a block of the level, splitting a larger one; NULL: none. */
static void *take(unsigned level) REQUIRES(&heap_lock)
{
    for (unsigned from = level; from < NR_LEVELS; from++) {
        struct list *block = list_pop(&free_blocks[from]);

        if (!block)
            continue;
        *single_bits(virt_to_frame(block)) ^= 1ull << (node_of(block, from) >> 1);
        return split_down((char *)block, from, level);
    }
    return NULL;
}

static void *small_alloc(unsigned level)
{
    unsigned long irq = spin_lock_irqsave(&heap_lock);
    void *block = take(level);
    struct frame *page;

    spin_unlock_irqrestore(&heap_lock, irq);
    if (block)
        return block;
    page = frame_alloc(0, 0);
    if (!page)
        return NULL;
    __atomic_fetch_add(&nr_divided, 1, __ATOMIC_RELAXED);
    page->type = FRAME_HEAP;
    *split_bits(page) = 0;
    *single_bits(page) = 0;
    irq = spin_lock_irqsave(&heap_lock);
    block = split_down(frame_to_virt(page), PAGE_LEVEL, level);
    spin_unlock_irqrestore(&heap_lock, irq);
    return block;
}

/* Follow the splits down to the block that starts at p. */
static unsigned find_level(struct frame *page, const void *p)
{
    unsigned level = PAGE_LEVEL;

    while (level > 0 && (*split_bits(page) >> node_of(p, level) & 1))
        level--;
    return level;
}

/* Free the block; returns true if the whole page became free. */
static bool small_free(struct frame *page, char *block) REQUIRES(&heap_lock)
{
    unsigned level = find_level(page, block);

    if (!IS_ALIGNED((uintptr_t)block, 1ul << (UNIT_SHIFT + level)))
        panic("heap_free: %p is not the start of a block", (void *)block);
    for (; level < PAGE_LEVEL; level++) {
        size_t size = 1ul << (UNIT_SHIFT + level);
        uint64_t parent = 1ull << (node_of(block, level) >> 1);

        *single_bits(page) ^= parent;
        if (*single_bits(page) & parent) {
            list_add(&free_blocks[level], (struct list *)block);
            return false;
        }
        list_unlink((struct list *)((uintptr_t)block ^ size));
        *split_bits(page) &= ~parent;
        block = (char *)((uintptr_t)block & ~size);
    }
    return true;
}

static void *raw_alloc(size_t align, size_t size)
{
    size_t block = MAX(size, align); /* blocks are aligned to their size */

    return block <= PAGE_SIZE / 2 ? small_alloc(level_of(block)) : heap_run_alloc(align, size);
}

static void raw_free(void *p)
{
    struct frame *f = virt_to_frame(p);
    unsigned long irq;
    bool is_free;

    if (!is_divided(f)) {
        heap_run_free(p);
        return;
    }
    irq = spin_lock_irqsave(&heap_lock);
    is_free = small_free(f, p);
    spin_unlock_irqrestore(&heap_lock, irq);
    if (is_free) {
        __atomic_fetch_sub(&nr_divided, 1, __ATOMIC_RELAXED);
        frame_free(f, 0);
    }
}

static size_t raw_usable_size(const void *p)
{
    struct frame *f = virt_to_frame(p);

    return is_divided(f) ? 1ul << (UNIT_SHIFT + find_level(f, p)) : heap_run_size(p);
}

/* Of small blocks the size is not known at a glance. */
static ALWAYS_INLINE bool raw_fits(const void *p, size_t size)
{
    size_t have = heap_run_size(p);

    return !is_divided(virt_to_frame(p)) && size <= have && size > have / 2;
}

/* In place if the block is neither too small nor more than twice too large. */
static bool raw_resize(void *p, size_t size)
{
    size_t have;

    if (size > PAGE_SIZE / 2 && !is_divided(virt_to_frame(p)))
        return heap_run_resize(p, size);
    have = raw_usable_size(p);
    return size <= have && (have <= 1ul << UNIT_SHIFT || size > have / 4);
}

static size_t raw_room(size_t size)
{
    return heap_run_room(size);
}

static size_t raw_shrink(void)
{
    return 0; /* free pages go back at once */
}

void heap_stats(struct heap_stats *out)
{
    *out = (struct heap_stats){.provider = "buddy"};
    out->nr_frames = __atomic_load_n(&nr_divided, __ATOMIC_RELAXED) + heap_run_frames();
    heap_debug_stats(out);
}

void heap_check(void)
{
    unsigned long irq = spin_lock_irqsave(&heap_lock);

    for (unsigned level = 0; level < NR_LEVELS; level++) {
        list_for_each(block, &free_blocks[level]) {
            struct frame *page = virt_to_frame(block);
            uint64_t parent = 1ull << (node_of(block, level) >> 1);

            if (!is_divided(page) || !(*split_bits(page) & parent) ||
                !(*single_bits(page) & parent) || find_level(page, block) != level)
                panic("heap_check: free block %p does not match its page's tree", (void *)block);
        }
    }
    spin_unlock_irqrestore(&heap_lock, irq);
    heap_debug_check();
}

#include <heapdebug/heap_entry.h>
