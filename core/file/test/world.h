/*
 * What tests of files without names need on the host: memory and a heap. No programs: their memory
 * is nowhere.
 */
#ifndef FILE_TEST_WORLD_H
#define FILE_TEST_WORLD_H

#include <frame/frame.h>
#include <heap/heap.h>
#include <host/host.h>

size_t copy_from_user_partial(void *dst, vaddr_t src, size_t nr_bytes)
{
    (void)dst, (void)src;
    return nr_bytes;
}

size_t copy_to_user_partial(vaddr_t dst, const void *src, size_t nr_bytes)
{
    (void)dst, (void)src;
    return nr_bytes;
}

size_t clear_user_partial(vaddr_t dst, size_t nr_bytes)
{
    (void)dst, (void)nr_bytes;
    return nr_bytes;
}

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
