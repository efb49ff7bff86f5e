/*
 * A system with a ramfs root for host tests: memory, heap, vfs. No programs: their memory is
 * nowhere.
 */
#ifndef RAMFS_TEST_WORLD_H
#define RAMFS_TEST_WORLD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <base/errno.h>
#include <frame/frame.h>
#include <heap/heap.h>
#include <host/host.h>
#include <ramfs/ramfs.h>
#include <vfs/vfs.h>

#define CTX (&vfs_kernel_context)

static inline int world_init(void)
{
    const struct frame_range ram = {PADDR(0x80000000), MIB(128)};

    host_ram_init(ram.start, ram.size);
    if (frame_init(&ram, 1, NULL, 0) != 0 || heap_init() != 0 || vfs_init() != 0 ||
        ramfs_init() != 0)
        return -1;
    return vfs_mount_root("rootfs", "rootfs", 0, "");
}

static inline int write_file(const char *name, const void *data, size_t n)
{
    struct file *file;
    int ret = vfs_open(CTX, NULL, name, O_CREAT | O_WRONLY | O_TRUNC, 0644, &file);

    if (ret != 0)
        return ret;
    ret = (int)file_write(file, data, n);
    file_put(file);
    return ret;
}

static inline int read_file(const char *name, void *data, size_t n)
{
    struct file *file;
    int ret = vfs_open(CTX, NULL, name, O_RDONLY, 0, &file);

    if (ret != 0)
        return ret;
    ret = (int)file_read(file, data, n);
    file_put(file);
    return ret;
}

static inline int stat_file(const char *name, struct vfs_stat *st)
{
    struct path path;
    int ret = vfs_lookup(CTX, NULL, name, LOOKUP_NO_FOLLOW, &path);

    if (ret != 0)
        return ret;
    ret = vfs_getattr(&path, st);
    path_put(&path);
    return ret;
}

/* Frames in use now, with what the slab caches keep given back. */
static inline uint64_t frames_used(void)
{
    struct frame_stats stats;

    frame_stats(&stats);
    return stats.total - stats.free;
}

#endif
