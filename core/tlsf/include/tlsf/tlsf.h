/*
 * Two-level segregated fit: an allocator whose every operation takes a bounded, small number of
 * instructions, whatever the size of the heap (Masmano, Ripoll, Crespo, Real: "TLSF: a New Dynamic
 * Memory Allocator for Real-Time Systems", ECRTS 2004).
 *
 * A pure algorithm over memory that the caller gives as *pools*: no locks, no globals, no system
 * below it. The caller serialises. Good fit: a request is rounded up to the next class, so the
 * first block of any non-empty class at or above it is large enough and is found by bit search
 * alone.
 */
#ifndef TLSF_TLSF_H
#define TLSF_TLSF_H

#include <base/types.h>

#define TLSF_ALIGN     16
#define TLSF_OVERHEAD  8                             /* bytes of header per block */
#define TLSF_MIN_BLOCK 32                            /* smallest block with its header */
#define TLSF_MAX_SIZE  ((size_t)1 << TLSF_SIZE_LOG2) /* largest pool; no request reaches it */

#ifndef TLSF_SIZE_LOG2    /* smaller in proofs */
#define TLSF_SIZE_LOG2 32 /* block sizes are below 2^32 */
#endif

struct tlsf;
struct tlsf_pool;

/*
 * Initialise an allocator without pools in the caller's memory; the struct is in <tlsf/inline.h>.
 * Zeroed memory is valid already, and nothing needs to be undone. Each heap operation exists twice:
 * as a function here, and inlined there.
 */
void tlsf_init(struct tlsf *t);

/*
 * Add nr_bytes at mem as a pool. Both are trimmed to TLSF_ALIGN. Returns the pool, or NULL if it is
 * too small or larger than TLSF_MAX_SIZE. Pools never merge with each other, even if adjacent.
 */
struct tlsf_pool *tlsf_pool_add(struct tlsf *t, void *mem, size_t nr_bytes);

/* Remove a pool in which no block is allocated. Returns 0, or -EBUSY. */
MUST_CHECK int tlsf_pool_remove(struct tlsf *t, struct tlsf_pool *pool);

/* True if no block of the pool is allocated. */
bool tlsf_pool_is_free(const struct tlsf_pool *pool);

/* Return the largest request that an empty pool of nr_bytes certainly satisfies. */
size_t tlsf_pool_capacity(size_t nr_bytes);
/* The pool size for tlsf_pool_alloc() of size bytes aligned to align; SIZE_MAX: too much. */
size_t tlsf_pool_size_for(size_t align, size_t size);

/* NULL: no block is large enough. */
MUST_CHECK void *tlsf_alloc(struct tlsf *t, size_t size);
MUST_CHECK void *tlsf_alloc_aligned(struct tlsf *t, size_t align, size_t size);

/*
 * Allocate from an unused pool that is large enough: exact, while the search by classes may need a
 * little more.
 */
MUST_CHECK void *tlsf_pool_alloc(struct tlsf *t, struct tlsf_pool *pool, size_t align, size_t size);

/* p: from tlsf_alloc*; not NULL. Returns the bytes of the free block that p has become part of. */
size_t tlsf_free(struct tlsf *t, void *p);
/* The same compiled for size, for paths that are not hot. */
size_t tlsf_free_compact(struct tlsf *t, void *p);

/*
 * Grow or shrink in place; returns true if p now holds size bytes (shrinking always succeeds).
 * Growing uses the free block behind p, if any.
 */
bool tlsf_resize(struct tlsf *t, void *p, size_t size);

/* The bytes that p holds. */
size_t tlsf_usable_size(const void *p);

/* Check all invariants: NULL, or a line about the broken one. */
const char *tlsf_check(const struct tlsf *t);
const char *tlsf_pool_check(const struct tlsf *t, const struct tlsf_pool *pool);

#endif
