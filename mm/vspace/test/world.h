/*
 * Shared by the tests of mm/vspace: a machine of 64 MiB, random numbers, counts of what is in use.
 */
#ifndef TEST_WORLD_H
#define TEST_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <arch/memory.h>
#include <base/errno.h>
#include <faultinject/faultinject.h>
#include <frame/frame.h>
#include <heap/heap.h>
#include <host/host.h>
#include <prng/prng.h>
#include <slab/slab.h>
#include <vspace/vspace.h>

static struct prng prng;
static bool may_fail; /* an allocation may have failed */

static inline unsigned below(unsigned bound)
{
    return (unsigned)prng_below(&prng, bound);
}

/* 0, or -ENOMEM when that is allowed. Anything else that is not `expected` fails the test. */
static inline bool is_done(int err, int expected)
{
    if (err == -ENOMEM && may_fail)
        return false;
    assert_int_equal(err, expected);
    return err == 0;
}

static inline uint64_t nr_free_frames(void)
{
    struct frame_stats stats;

    heap_shrink();
    slab_shrink(SIZE_MAX);
    frame_cache_drain();
    frame_stats(&stats);
    return stats.free + stats.meta; /* descriptors of RAM that was opened meanwhile */
}

static inline uint64_t nr_used_bytes(void)
{
    struct heap_stats stats;

    heap_stats(&stats);
    return stats.used_bytes;
}

static inline uint64_t first_seed(void)
{
    const char *text = getenv("VSPACE_TEST_SEED");

    return text ? strtoull(text, NULL, 0) : 1;
}

static int world_init(void)
{
    const struct frame_range ram = {PADDR(0x80000000), MIB(64)};

    host_ram_init(ram.start, ram.size);
    if (frame_init(&ram, 1, NULL, 0) != 0 || heap_init() != 0)
        return -1;
    vspace_boot();
    return 0;
}

#endif
