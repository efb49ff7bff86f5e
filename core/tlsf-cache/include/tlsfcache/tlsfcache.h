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
 * A block of at least *size bytes. NULL: the CPU's cache has none; *size is then what to ask the
 * instance for, so that the block may come into the cache some day.
 */
void *tlsf_cache_alloc(size_t *size);

/* False: the CPU's cache has no room for it. */
bool tlsf_cache_free(void *p);

/* Takes every CPU's blocks out and hands them to give(), without locks. */
void tlsf_caches_drain(void (*give)(void *p));

#endif
