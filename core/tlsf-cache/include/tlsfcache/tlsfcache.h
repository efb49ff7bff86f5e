/*
 * Free blocks per CPU in front of a TLSF instance that several CPUs share: stacks by size, linked
 * through the blocks, so that most operations touch nothing that is shared. To the instance these
 * blocks are in use.
 *
 * Context: any; interrupts are masked inside. Two locks, a CPU's and the instance's, never nested.
 */
#ifndef TLSFCACHE_TLSFCACHE_H
#define TLSFCACHE_TLSFCACHE_H

#include <base/types.h>
#include <lock/spinlock.h>

struct tlsf;

/* Once, before the first use; lock guards t, interrupts masked. -ENOMEM. */
MUST_CHECK int tlsf_caches_init(struct tlsf *t, struct spinlock *lock);

/* NULL: the instance has no block that is large enough. */
MUST_CHECK void *tlsf_cache_alloc(size_t size);

/* Returns the bytes of the free block that p has become part of; 0: it is in the CPU's cache. */
size_t tlsf_cache_free(void *p);

/* Gives every CPU's blocks back to the instance. No locks held. */
void tlsf_caches_drain(void);

#endif
