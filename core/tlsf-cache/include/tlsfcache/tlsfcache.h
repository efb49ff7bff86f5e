/*
 * Free blocks per CPU in front of a TLSF instance that several CPUs share: stacks by size, linked
 * through the blocks, so that most operations touch nothing that is shared. To the instance these
 * blocks are in use.
 *
 * Context: any; interrupts are masked inside. A lock for each CPU, under which nothing is called.
 */
#ifndef TLSFCACHE_TLSFCACHE_H
#define TLSFCACHE_TLSFCACHE_H

#include <base/types.h>

/* Once, before the first use, when it is known how many CPUs there are. */
void tlsf_caches_init(void);

/*
 * Allocate a block of at least *size bytes. NULL: the CPU's cache has none; *size is then rounded
 * up so that the block from the instance fits the cache later.
 */
void *tlsf_cache_alloc(size_t *size);

/* Free a block into the CPU's cache. False: no room for it. */
bool tlsf_cache_free(void *p);

/* Remove every CPU's blocks and pass them to give(), without locks. */
void tlsf_caches_drain(void (*give)(void *p));

#endif
