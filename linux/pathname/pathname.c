/*
 * Copies in names and finds the directory that each is relative to.
 */
#include <pathname/pathname.h>

#include <abi/abi.h>
#include <arch/uaccess.h>
#include <base/errno.h>
#include <fd/fd.h>
#include <heap/heap.h>
#include <task/vfs.h>

int user_name_get(struct user_name *name, uint64_t uaddr)
{
    ssize_t len = strncpy_from_user(name->own, uaddr, sizeof(name->own));

    name->text = name->own;
    name->heap = NULL;
    if (likely(len >= 0))
        return 0;
    if (len != -ENAMETOOLONG)
        return (int)len;
    name->heap = heap_alloc(PATH_MAX);
    if (!name->heap)
        return -ENOMEM;
    name->text = name->heap;
    len = strncpy_from_user(name->heap, uaddr, PATH_MAX);
    if (len < 0) {
        heap_free(name->heap);
        name->heap = NULL; /* also on failure: mount puts all of its names */
        return (int)len;
    }
    return 0;
}

void user_name_put(struct user_name *name)
{
    if (unlikely(name->heap))
        heap_free(name->heap);
}

int at_call_begin(struct at_call *call, int dirfd, uint64_t uname, bool may_be_empty)
{
    int ret = 0;

    call->has_at = false;
    call->name.heap = NULL;
    call->name.text = call->name.own;
    call->name.own[0] = '\0';
    if (uname != 0 || !may_be_empty)
        ret = user_name_get(&call->name, uname);
    if (ret != 0)
        return ret;
    if (call->name.text[0] != '/' && dirfd != AT_FDCWD) {
        struct fd_ref ref;

        ret = fd_ref_get(dirfd, &ref);
        if (ret == 0) {
            if (!file_path(ref.file)->dentry) {
                ret = -ENOTDIR;
            } else {
                call->at = *file_path(ref.file);
                path_get(&call->at);
                call->has_at = true;
            }
            fd_ref_put(&ref);
        }
    }
    if (ret != 0) {
        user_name_put(&call->name);
        return ret;
    }
    process_vfs_begin(&call->context);
    return 0;
}

void at_call_end(struct at_call *call)
{
    process_vfs_end(&call->context);
    if (call->has_at)
        path_put(&call->at);
    user_name_put(&call->name);
}

int path_of_user(int dirfd, uint64_t uname, unsigned flags, struct path *out)
{
    struct at_call call;
    int ret = at_call_begin(&call, dirfd, uname, (flags & LOOKUP_EMPTY_PATH) != 0);

    if (ret != 0)
        return ret;
    ret = vfs_lookup(&call.context, at_call_path(&call), call.name.text, flags, out);
    at_call_end(&call);
    return ret;
}
