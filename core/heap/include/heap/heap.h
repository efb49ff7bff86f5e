/*
 * The contract `heap`: memory of any size for the kernel. One provider is linked: core/heap-tlsf
 * (bounded time), core/heap-slab (fastest), core/heap-buddy (simplest), or an app's own.
 *
 * Context: any CPU, any context including interrupt handlers; nothing sleeps. Failure is NULL.
 * heap_init() is called once, after frame_init() and before the first allocation.
 *
 * A large block is a run of frames: there is one if that many lie free side by side, whatever their
 * number. The limits: core/heap-tlsf refuses 2 GiB and more, core/heap-slab and core/heap-buddy
 * what no memory node holds in one piece.
 *
 * Alignment: every block is aligned to 16 bytes (HEAP_ALIGN); heap_alloc_aligned gives more.
 */
#ifndef HEAP_HEAP_H
#define HEAP_HEAP_H

#include <base/types.h>

#define HEAP_ALIGN 16

/* Returns 0 or -ENOMEM. */
MUST_CHECK int heap_init(void);

/* Allocate size bytes, contents undefined. size 0 gives a block that may only be freed. NULL: no
 * memory. */
MUST_CHECK void *heap_alloc(size_t size);

/* The same, filled with zero bytes. */
MUST_CHECK void *heap_zalloc(size_t size);

/* nr * size bytes of zeros; NULL also if the product overflows. */
MUST_CHECK void *heap_calloc(size_t nr, size_t size);

/* align: a power of two up to 1 GiB. Freed with heap_free like any other block. */
MUST_CHECK void *heap_alloc_aligned(size_t align, size_t size);

/*
 * Change the size, in place if possible; contents are kept up to the smaller size. p NULL: as
 * heap_alloc(). On failure returns NULL and the old block is unchanged.
 */
MUST_CHECK void *heap_realloc(void *p, size_t size);

/* p: from any of the above, or NULL (nothing happens). */
void heap_free(void *p);

/* Return the usable size of the block, at least the requested one. */
size_t heap_usable_size(const void *p);

/* Return unused memory to the frame allocator; returns the frames freed. */
size_t heap_shrink(void);

struct heap_stats {
    const char *provider; /* "tlsf", "slab", "buddy" */
    uint64_t nr_frames;   /* taken from the frame allocator */
    uint64_t nr_in_slabs; /* of these, counted by slab_for_each_cache() too */
    uint64_t nr_blocks;   /* handed out now; 0 where the provider does not count */
    uint64_t used_bytes;  /* in these, with overhead; 0 where the provider does not count */
};

void heap_stats(struct heap_stats *out);

/* Check the heap and panic at the first broken invariant. Tests and debugging. */
void heap_check(void);

/*
 * DEBUG builds: log the allocated blocks, grouped by call site, most bytes first, and return their
 * number. Blocks allocated before heap_leaks_mark() are not counted. Other builds: 0.
 */
size_t heap_leaks_report(void);
void heap_leaks_mark(void);

#endif
