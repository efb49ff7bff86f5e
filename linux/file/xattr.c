/*
 * Extended attributes: no file system here has any. Tools ask all the same (ls -l for an access
 * list, cp -a and tar to copy them) and take "not supported" and an empty list without a word.
 */
#include <abi/abi.h>
#include <arch/uaccess.h>
#include <file/syscalls.h>

#include "internal.h"

#define XATTR_NAME_MAX 255
#define XATTR_SIZE_MAX 65536
#define XATTR_CREATE   1u
#define XATTR_REPLACE  2u

/* Does the file exist that a path names? 0 or an error. */
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

/* What every call ends with that names an attribute. */
static int64_t no_such_support(int file_error, uint64_t uname)
{
    int ret = check_name(uname);

    if (ret == 0)
        ret = file_error;
    return ret == 0 ? -EOPNOTSUPP : ret;
}

static int64_t set(int file_error, const uint64_t *a)
{
    if ((a[4] & ~(uint64_t)(XATTR_CREATE | XATTR_REPLACE)) != 0)
        return -EINVAL;
    if (a[3] > XATTR_SIZE_MAX)
        return -E2BIG;
    return no_such_support(file_error, a[1]);
}

SYSCALL(setxattr)
{
    return set(check_path(a[0], 0), a);
}

SYSCALL(lsetxattr)
{
    return set(check_path(a[0], LOOKUP_NO_FOLLOW), a);
}

SYSCALL(fsetxattr)
{
    return set(fd_check((int)a[0]), a);
}

SYSCALL(getxattr)
{
    return no_such_support(check_path(a[0], 0), a[1]);
}

SYSCALL(lgetxattr)
{
    return no_such_support(check_path(a[0], LOOKUP_NO_FOLLOW), a[1]);
}

SYSCALL(fgetxattr)
{
    return no_such_support(fd_check((int)a[0]), a[1]);
}

SYSCALL(listxattr)
{
    return check_path(a[0], 0);
}

SYSCALL(llistxattr)
{
    return check_path(a[0], LOOKUP_NO_FOLLOW);
}

SYSCALL(flistxattr)
{
    return fd_check((int)a[0]);
}

SYSCALL(removexattr)
{
    return no_such_support(check_path(a[0], 0), a[1]);
}

SYSCALL(lremovexattr)
{
    return no_such_support(check_path(a[0], LOOKUP_NO_FOLLOW), a[1]);
}

SYSCALL(fremovexattr)
{
    return no_such_support(fd_check((int)a[0]), a[1]);
}
