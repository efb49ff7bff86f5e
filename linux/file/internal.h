#ifndef FILE_INTERNAL_H
#define FILE_INTERNAL_H

#include <abi/abi.h>
#include <base/errno.h>
#include <fd/fd.h>
#include <pathname/pathname.h>
#include <fs_context/fs_context.h>
#include <pending/pending.h>
#include <task/task.h>
#include <task/vfs.h>
#include <vfs/vfs.h>

/* Restart an interrupted call unless a handler says otherwise. */
static inline int64_t restartable(int64_t ret)
{
    return ret == -EINTR ? -ERESTARTSYS : ret;
}

/* Device numbers as programs see them: new_encode_dev of Linux's kdev_t.h. */
static inline uint64_t dev_encode(devno_t dev)
{
    uint64_t minor = DEVNO_MINOR(dev);

    return (minor & 0xff) | (uint64_t)DEVNO_MAJOR(dev) << 8 | (minor & ~0xffull) << 12;
}
static inline devno_t dev_decode(uint64_t dev)
{
    return DEVNO((dev & 0xfff00) >> 8, (dev & 0xff) | (dev >> 12 & 0xfff00));
}

#endif
