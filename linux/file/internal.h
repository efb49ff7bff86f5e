#ifndef FILE_INTERNAL_H
#define FILE_INTERNAL_H

#include <abi/abi.h>
#include <base/errno.h>
#include <file/fd_table.h>
#include <fs_context/fs_context.h>
#include <pending/pending.h>
#include <task/task.h>
#include <task/vfs.h>
#include <vfs/vfs.h>

#define NR_FDS_MAX 65536u

/* uapi/linux/fcntl.h; more of them in <abi/abi.h> */
#define AT_EACCESS         0x200u
#define AT_REMOVEDIR       0x200u
#define AT_SYMLINK_FOLLOW  0x400u
#define AT_NO_AUTOMOUNT    0x800u
#define AT_STATX_SYNC_TYPE 0x6000u

/* ---- fd_table.c ---- */

/* What fd_install(NULL, ..) has reserved gets its file, or is free again (NULL). */
void fd_fill(int fd, struct file *file);
/* dup2: the descriptor `fd` becomes the file, whose reference it takes over. -EBADF, -ENOMEM,
 * -EBUSY: it is reserved. */
int fd_replace(struct file *file, int fd, bool is_cloexec);
int fd_get_cloexec(int fd);
int fd_set_cloexec(int fd, bool is_cloexec);
/* fd_install, or drops the reference and says why not. */
int64_t install_or_put(struct file *file, bool is_cloexec);

/* ---- names.c ---- */

/* A name from a program. */
struct user_name {
    char *text;
    char *heap; /* owns a long one */
    char own[256];
};
int user_name_get(struct user_name *name, uint64_t uaddr) MUST_CHECK;
void user_name_put(struct user_name *name);

/* What a call with (dirfd, name) works on. */
struct at_call {
    struct vfs_context context;
    struct path at; /* counted if `has_at` */
    bool has_at;
    struct user_name name;
};
/*
 * Reads the name and finds the directory. may_be_empty: "" (or a null pointer) is allowed and means
 * dirfd itself. On success at_call_end must follow.
 */
int at_call_begin(struct at_call *call, int dirfd, uint64_t uname, bool may_be_empty) MUST_CHECK;
void at_call_end(struct at_call *call);
static inline const struct path *at_call_path(const struct at_call *call)
{
    return call->has_at ? &call->at : NULL;
}
/* begin, lookup, end: the path with references. flags: LOOKUP_*. */
int path_of_user(int dirfd, uint64_t uname, unsigned flags, struct path *out) MUST_CHECK;

/* Interrupted calls are started again unless a handler says otherwise. */
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

/* The signal mask of ppoll and its like, if the program gives one: signal_mask_for_call. */
int mask_of_user(uint64_t umask, uint64_t size) MUST_CHECK;
MUST_CHECK static inline int mask_for_call(uint64_t umask, uint64_t size)
{
    return umask == 0 ? 0 : mask_of_user(umask, size);
}

/* The deadline (monotonic) of an optional relative timespec; TIME_NEVER for none. */
int deadline_of_user(uint64_t uts, uint64_t *deadline_ns) MUST_CHECK;

#endif
