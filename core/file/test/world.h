/*
 * Tests of files without names on the host: memory and a heap. A program's memory is the test's own
 * (arch/host-uaccess).
 */
#ifndef FILE_TEST_WORLD_H
#define FILE_TEST_WORLD_H

#include <frame/frame.h>
#include <heap/heap.h>
#include <host/host.h>

static inline int world_init(void)
{
    const struct frame_range ram = {PADDR(0x80000000), MIB(64)};

    host_ram_init(ram.start, ram.size);
    return frame_init(&ram, 1, NULL, 0) != 0 ? -1 : heap_init();
}

/* Frames in use now, with what the slab caches keep given back. */
static inline uint64_t frames_used(void)
{
    struct frame_stats stats;

    frame_stats(&stats);
    return stats.total - stats.free;
}

#endif
