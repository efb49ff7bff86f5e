/*
 * A learner's heap: a bump allocator. Memory is cut off the front of a run of frames; freeing only
 * counts, and when the last block of a run is gone the whole run goes back. Nothing is reused
 * before that. Every block has a header of 16 bytes, which says how large it is and in which run it
 * lies.
 */
#include <frame/frame.h>
#include <heap/heap.h>
#include <lock/spinlock.h>
#include <string/string.h>

#define RUN_PAGES 256 /* 1 MiB, or what one block needs */

/* At the start of a run's frames. */
struct run {
    char *next; /* where the next block begins */
    char *end;
    size_t nr_blocks; /* not freed yet; the current run counts one more */
    size_t nr_pages;
};

struct header {
    size_t size;
    struct run *run;
};

static struct spinlock lock = SPINLOCK_INIT("bump");
static struct run *current; /* lock */
static uint64_t nr_frames;  /* lock */
static uint64_t nr_blocks;  /* lock */

int heap_init(void)
{
    return 0;
}

static void run_put(struct run *run)
{
    if (--run->nr_blocks > 0)
        return;
    nr_frames -= run->nr_pages;
    frame_free_contig(virt_to_frame(run), run->nr_pages);
}

/* Makes a new run the current one. */
static bool run_new(size_t nr_bytes)
{
    size_t nr_pages =
        MAX((nr_bytes + sizeof(struct run) + PAGE_MASK) >> PAGE_SHIFT, (size_t)RUN_PAGES);
    struct frame *f = frame_alloc_contig(nr_pages, 1, 0);

    if (!f)
        return false;
    if (current)
        run_put(current);
    current = frame_to_virt(f);
    current->next = (char *)(current + 1);
    current->end = (char *)current + (nr_pages << PAGE_SHIFT);
    current->nr_blocks = 1;
    current->nr_pages = nr_pages;
    nr_frames += nr_pages;
    return true;
}

/* The payload's place in the current run, if it fits. */
static char *place(size_t align, size_t size)
{
    uintptr_t p;

    if (!current)
        return NULL;
    p = ALIGN_UP((uintptr_t)current->next + sizeof(struct header), align);
    return p <= (uintptr_t)current->end && size <= (uintptr_t)current->end - p ? (char *)p : NULL;
}

void *heap_alloc_aligned(size_t align, size_t size)
{
    struct header *h;
    unsigned long irq;
    char *p;

    align = MAX(align, (size_t)HEAP_ALIGN);
    if (!IS_POWER_OF_2(align) || align > GIB(1) || size > GIB(1))
        return NULL;
    irq = spin_lock_irqsave(&lock);
    p = place(align, size);
    if (!p && run_new(sizeof(struct header) + size + align))
        p = place(align, size);
    if (p) {
        h = (struct header *)p - 1;
        h->size = size;
        h->run = current;
        current->next = p + size;
        current->nr_blocks++;
        nr_blocks++;
    }
    spin_unlock_irqrestore(&lock, irq);
    return p;
}

void heap_free(void *p)
{
    unsigned long irq;

    if (!p)
        return;
    irq = spin_lock_irqsave(&lock);
    nr_blocks--;
    run_put(((struct header *)p - 1)->run);
    spin_unlock_irqrestore(&lock, irq);
}

/* --- the rest of the contract follows from these two ------------------------------------------ */

void *heap_alloc(size_t size)
{
    return heap_alloc_aligned(HEAP_ALIGN, size);
}

void *heap_zalloc(size_t size)
{
    void *p = heap_alloc(size);

    return p ? memset(p, 0, size) : NULL;
}

void *heap_calloc(size_t nr, size_t size)
{
    size_t nr_bytes;

    return __builtin_mul_overflow(nr, size, &nr_bytes) ? NULL : heap_zalloc(nr_bytes);
}

size_t heap_usable_size(const void *p)
{
    return ((const struct header *)p - 1)->size;
}

void *heap_realloc(void *p, size_t size)
{
    void *other;

    if (p && size <= heap_usable_size(p))
        return p;
    other = heap_alloc(size);
    if (!p || !other)
        return other;
    memcpy(other, p, heap_usable_size(p));
    heap_free(p);
    return other;
}

size_t heap_shrink(void)
{
    return 0;
}

void heap_stats(struct heap_stats *out)
{
    *out = (struct heap_stats){.provider = "bump", .nr_frames = nr_frames, .nr_blocks = nr_blocks};
}

void heap_check(void)
{
}

size_t heap_leaks_report(void)
{
    return 0;
}

void heap_leaks_mark(void)
{
}
