/*
 * The calls that create, rename and remove names.
 */
#include <abi/syscalls.h>
#include <arch/uaccess.h>
#include <heap/heap.h>

#include "internal.h"

int64_t sys_mkdirat(int dirfd, vaddr_t path, uint32_t mode)
{
    struct at_call call;
    int ret = at_call_begin(&call, dirfd, path, false);

    if (ret != 0)
        return ret;
    ret = vfs_mkdir(&call.context, at_call_path(&call), call.name.text, mode & S_IALLUGO);
    at_call_end(&call);
    return ret;
}

int64_t sys_mknodat(int dirfd, vaddr_t path, uint32_t mode, unsigned dev)
{
    struct at_call call;
    int ret = at_call_begin(&call, dirfd, path, false);

    if (ret != 0)
        return ret;
    ret = vfs_mknod(&call.context, at_call_path(&call), call.name.text, mode & (S_IFMT | S_IALLUGO),
                    dev_decode(dev));
    at_call_end(&call);
    return ret;
}

int64_t sys_unlinkat(int dirfd, vaddr_t path, unsigned flags)
{
    struct at_call call;

    if ((flags & ~(unsigned)AT_REMOVEDIR) != 0)
        return -EINVAL;
    int ret = at_call_begin(&call, dirfd, path, false);

    if (ret != 0)
        return ret;
    ret = (flags & AT_REMOVEDIR) != 0
              ? vfs_rmdir(&call.context, at_call_path(&call), call.name.text)
              : vfs_unlink(&call.context, at_call_path(&call), call.name.text);
    at_call_end(&call);
    return ret;
}

int64_t sys_symlinkat(vaddr_t text, int dirfd, vaddr_t path)
{
    struct user_name target;
    struct at_call call;
    int ret = user_name_get(&target, text);

    if (ret != 0)
        return ret;
    ret = at_call_begin(&call, dirfd, path, false);
    if (ret == 0) {
        ret = vfs_symlink(&call.context, target.text, at_call_path(&call), call.name.text);
        at_call_end(&call);
    }
    user_name_put(&target);
    return ret;
}

int64_t sys_linkat(int old_dirfd, vaddr_t old_path, int new_dirfd, vaddr_t new_path, unsigned flags)
{
    unsigned lookup_flags = (flags & AT_SYMLINK_FOLLOW) != 0 ? 0 : LOOKUP_NO_FOLLOW;
    struct at_call call;
    struct path old;

    if ((flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) != 0)
        return -EINVAL;
    if ((flags & AT_EMPTY_PATH) != 0)
        lookup_flags |= LOOKUP_EMPTY_PATH;
    int ret = path_of_user(old_dirfd, old_path, lookup_flags, &old);

    if (ret != 0)
        return ret;
    ret = at_call_begin(&call, new_dirfd, new_path, false);
    if (ret == 0) {
        ret = vfs_link(&call.context, &old, at_call_path(&call), call.name.text);
        at_call_end(&call);
    }
    path_put(&old);
    return ret;
}

int64_t sys_renameat2(int old_dirfd, vaddr_t old_path, int new_dirfd, vaddr_t new_path,
                      unsigned flags)
{
    struct at_call from;
    struct at_call to;
    int ret = at_call_begin(&from, old_dirfd, old_path, false);

    if (ret != 0)
        return ret;
    ret = at_call_begin(&to, new_dirfd, new_path, false);
    if (ret == 0) {
        ret = vfs_rename(&from.context, at_call_path(&from), from.name.text, at_call_path(&to),
                         to.name.text, flags);
        at_call_end(&to);
    }
    at_call_end(&from);
    return ret;
}

int64_t sys_readlinkat(int dirfd, vaddr_t upath, vaddr_t ubuf, int size)
{
    struct path path;

    if (size <= 0)
        return -EINVAL;
    int ret = path_of_user(dirfd, upath, LOOKUP_NO_FOLLOW | LOOKUP_EMPTY_PATH, &path);

    if (ret != 0)
        return ret;
    char *buf = heap_alloc(PATH_MAX);
    ssize_t len = buf ? vfs_readlink(&path, buf, MIN((size_t)size, (size_t)PATH_MAX)) : -ENOMEM;

    if (len >= 0 && copy_to_user(ubuf, buf, (size_t)len) != 0)
        len = -EFAULT;
    heap_free(buf);
    path_put(&path);
    return len;
}
