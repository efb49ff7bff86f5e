/*
 * Calls that make, move and remove names.
 */
#include <arch/uaccess.h>
#include <file/syscalls.h>
#include <heap/heap.h>

#include "internal.h"

SYSCALL(mkdirat)
{
    struct at_call call;
    int ret = at_call_begin(&call, (int)a[0], a[1], false);

    if (ret != 0)
        return ret;
    ret = vfs_mkdir(&call.context, at_call_path(&call), call.name.text, (uint32_t)a[2] & S_IALLUGO);
    at_call_end(&call);
    return ret;
}

SYSCALL(mknodat)
{
    struct at_call call;
    int ret = at_call_begin(&call, (int)a[0], a[1], false);

    if (ret != 0)
        return ret;
    ret = vfs_mknod(&call.context, at_call_path(&call), call.name.text,
                    (uint32_t)a[2] & (S_IFMT | S_IALLUGO), dev_decode(a[3]));
    at_call_end(&call);
    return ret;
}

SYSCALL(unlinkat)
{
    struct at_call call;

    if ((a[2] & ~(uint64_t)AT_REMOVEDIR) != 0)
        return -EINVAL;
    int ret = at_call_begin(&call, (int)a[0], a[1], false);

    if (ret != 0)
        return ret;
    ret = (a[2] & AT_REMOVEDIR) != 0
              ? vfs_rmdir(&call.context, at_call_path(&call), call.name.text)
              : vfs_unlink(&call.context, at_call_path(&call), call.name.text);
    at_call_end(&call);
    return ret;
}

SYSCALL(symlinkat)
{
    struct user_name target;
    struct at_call call;
    int ret = user_name_get(&target, a[0]);

    if (ret != 0)
        return ret;
    ret = at_call_begin(&call, (int)a[1], a[2], false);
    if (ret == 0) {
        ret = vfs_symlink(&call.context, target.text, at_call_path(&call), call.name.text);
        at_call_end(&call);
    }
    user_name_put(&target);
    return ret;
}

SYSCALL(linkat)
{
    unsigned flags = (unsigned)a[4];
    unsigned lookup_flags = (flags & AT_SYMLINK_FOLLOW) != 0 ? 0 : LOOKUP_NO_FOLLOW;
    struct at_call call;
    struct path old;

    if ((flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) != 0)
        return -EINVAL;
    if ((flags & AT_EMPTY_PATH) != 0)
        lookup_flags |= LOOKUP_EMPTY_PATH;
    int ret = path_of_user((int)a[0], a[1], lookup_flags, &old);

    if (ret != 0)
        return ret;
    ret = at_call_begin(&call, (int)a[2], a[3], false);
    if (ret == 0) {
        ret = vfs_link(&call.context, &old, at_call_path(&call), call.name.text);
        at_call_end(&call);
    }
    path_put(&old);
    return ret;
}

SYSCALL(renameat2)
{
    struct at_call from;
    struct at_call to;
    int ret = at_call_begin(&from, (int)a[0], a[1], false);

    if (ret != 0)
        return ret;
    ret = at_call_begin(&to, (int)a[2], a[3], false);
    if (ret == 0) {
        ret = vfs_rename(&from.context, at_call_path(&from), from.name.text, at_call_path(&to),
                         to.name.text, (unsigned)a[4]);
        at_call_end(&to);
    }
    at_call_end(&from);
    return ret;
}

SYSCALL(readlinkat)
{
    struct path path;
    int size = (int)a[3];

    if (size <= 0)
        return -EINVAL;
    int ret = path_of_user((int)a[0], a[1], LOOKUP_NO_FOLLOW | LOOKUP_EMPTY_PATH, &path);

    if (ret != 0)
        return ret;
    char *buf = heap_alloc(PATH_MAX);
    ssize_t len =
        buf == NULL ? -ENOMEM : vfs_readlink(&path, buf, MIN((size_t)size, (size_t)PATH_MAX));

    if (len >= 0 && copy_to_user(a[2], buf, (size_t)len) != 0)
        len = -EFAULT;
    heap_free(buf);
    path_put(&path);
    return len;
}
