/*
 * Extended attributes: no file system here has any. Tools query them all the same (ls -l for access
 * lists, cp -a and tar to copy them) and accept -EOPNOTSUPP and an empty list silently.
 */
#include <abi/abi.h>
#include <abi/syscalls.h>
#include <arch/uaccess.h>

#include "internal.h"

#define XATTR_NAME_MAX 255
#define XATTR_SIZE_MAX 65536
#define XATTR_CREATE   1u
#define XATTR_REPLACE  2u

/* Check that the path names a file: 0 or an error. */
static int check_path(uint64_t upath, unsigned lookup_flags)
{
    struct path path;
    int ret = path_of_user(AT_FDCWD, upath, lookup_flags, &path);

    if (ret == 0)
        path_put(&path);
    return ret;
}

static int check_name(uint64_t uname)
{
    char name[XATTR_NAME_MAX + 1];
    ssize_t len = strncpy_from_user(name, uname, sizeof(name));

    if (len == 0 || len == -ENAMETOOLONG)
        return -ERANGE;
    return len < 0 ? (int)len : 0;
}

/* Return the error of a call that names an attribute: that of the name, of the file, else
 * -EOPNOTSUPP. */
static int64_t no_such_support(int file_error, uint64_t uname)
{
    int ret = check_name(uname);

    if (ret == 0)
        ret = file_error;
    return ret == 0 ? -EOPNOTSUPP : ret;
}

static int64_t set(int file_error, vaddr_t name, size_t size, int flags)
{
    if ((flags & ~(XATTR_CREATE | XATTR_REPLACE)) != 0)
        return -EINVAL;
    if (size > XATTR_SIZE_MAX)
        return -E2BIG;
    return no_such_support(file_error, name);
}

int64_t sys_setxattr(vaddr_t path, vaddr_t name, vaddr_t value, size_t size, int flags)
{
    return set(check_path(path, 0), name, size, flags);
}

int64_t sys_lsetxattr(vaddr_t path, vaddr_t name, vaddr_t value, size_t size, int flags)
{
    return set(check_path(path, LOOKUP_NO_FOLLOW), name, size, flags);
}

int64_t sys_fsetxattr(int fd, vaddr_t name, vaddr_t value, size_t size, int flags)
{
    return set(fd_check(fd), name, size, flags);
}

int64_t sys_getxattr(vaddr_t path, vaddr_t name, vaddr_t value, size_t size)
{
    return no_such_support(check_path(path, 0), name);
}

int64_t sys_lgetxattr(vaddr_t path, vaddr_t name, vaddr_t value, size_t size)
{
    return no_such_support(check_path(path, LOOKUP_NO_FOLLOW), name);
}

int64_t sys_fgetxattr(int fd, vaddr_t name, vaddr_t value, size_t size)
{
    return no_such_support(fd_check(fd), name);
}

int64_t sys_listxattr(vaddr_t path, vaddr_t list, size_t size)
{
    return check_path(path, 0);
}

int64_t sys_llistxattr(vaddr_t path, vaddr_t list, size_t size)
{
    return check_path(path, LOOKUP_NO_FOLLOW);
}

int64_t sys_flistxattr(int fd, vaddr_t list, size_t size)
{
    return fd_check(fd);
}

int64_t sys_removexattr(vaddr_t path, vaddr_t name)
{
    return no_such_support(check_path(path, 0), name);
}

int64_t sys_lremovexattr(vaddr_t path, vaddr_t name)
{
    return no_such_support(check_path(path, LOOKUP_NO_FOLLOW), name);
}

int64_t sys_fremovexattr(int fd, vaddr_t name)
{
    return no_such_support(fd_check(fd), name);
}
