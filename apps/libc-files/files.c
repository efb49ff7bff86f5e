/*
 * The C library's files on fs/vfs: a ramfs as root, into which the initrd is unpacked before main.
 */
#include <arch/memory.h>
#include <base/errno.h>
#include <initrd/initrd.h>
#include <log/log.h>
#include <platform/boot_info.h>
#include <ramfs/ramfs.h>
#include <sync/mutex.h>
#include <vfs/vfs.h>

#define CONTEXT  (&vfs_kernel_context)
#define NR_FILES 64
#define FIRST_FD 3 /* the console's come before */

int libc_fail(int err);

int open(const char *name, int flags, ...);
int close(int fd);
ssize_t read(int fd, void *buf, size_t n);
ssize_t write(int fd, const void *buf, size_t n);
int64_t lseek(int fd, int64_t offset, int whence);
int unlink(const char *name);
int rename(const char *old, const char *new);
int mkdir(const char *name, uint32_t mode);
int rmdir(const char *name);
int isatty(int fd);

static struct mutex lock = MUTEX_INIT(lock);
static struct file *files[NR_FILES] GUARDED_BY(&lock);

/* picolibc's sys/_default_fcntl.h, where it is not the kernel's. */
static const struct {
    unsigned libc, kernel;
} flag_names[] = {
    {0x0008, O_APPEND}, {0x0200, O_CREAT},    {0x0400, O_TRUNC},
    {0x0800, O_EXCL},   {0x4000, O_NONBLOCK}, {0x200000, O_DIRECTORY},
};

/* A reference, or NULL. */
static struct file *file_of(int fd)
{
    struct file *file = NULL;

    mutex_lock(&lock);
    if (fd >= FIRST_FD && fd < FIRST_FD + NR_FILES)
        file = files[fd - FIRST_FD];
    if (file)
        file_get(file);
    mutex_unlock(&lock);
    return file;
}

static int fd_for(struct file *file)
{
    int fd = -EMFILE;

    mutex_lock(&lock);
    for (int i = 0; i < NR_FILES && fd < 0; i++) {
        if (!files[i]) {
            files[i] = file;
            fd = FIRST_FD + i;
        }
    }
    mutex_unlock(&lock);
    return fd;
}

int open(const char *name, int flags, ...)
{
    unsigned kernel_flags = (unsigned)flags & O_ACCMODE;
    struct file *file;

    for (unsigned i = 0; i < ARRAY_SIZE(flag_names); i++)
        if ((unsigned)flags & flag_names[i].libc)
            kernel_flags |= flag_names[i].kernel;
    int result = vfs_open(CONTEXT, NULL, name, kernel_flags, 0666, &file);
    if (result == 0) {
        result = fd_for(file);
        if (result < 0)
            file_put(file);
    }
    return result < 0 ? libc_fail(result) : result;
}

int close(int fd)
{
    struct file *file = NULL;

    mutex_lock(&lock);
    if (fd >= FIRST_FD && fd < FIRST_FD + NR_FILES) {
        file = files[fd - FIRST_FD];
        files[fd - FIRST_FD] = NULL;
    }
    mutex_unlock(&lock);
    if (!file)
        return libc_fail(-EBADF);
    file_put(file);
    return 0;
}

ssize_t read(int fd, void *buf, size_t n)
{
    struct file *file = file_of(fd);
    ssize_t result = file ? file_read(file, buf, n) : -EBADF;

    if (file)
        file_put(file);
    return result < 0 ? libc_fail((int)result) : result;
}

ssize_t write(int fd, const void *buf, size_t n)
{
    struct file *file = file_of(fd);
    ssize_t result = file ? file_write(file, buf, n) : -EBADF;

    if (file)
        file_put(file);
    return result < 0 ? libc_fail((int)result) : result;
}

int64_t lseek(int fd, int64_t offset, int whence)
{
    struct file *file = file_of(fd);
    int64_t result = file ? file_seek(file, offset, whence) : -EBADF;

    if (file)
        file_put(file);
    return result < 0 ? libc_fail((int)result) : result;
}

static int told(int err)
{
    return err < 0 ? libc_fail(err) : 0;
}

int unlink(const char *name)
{
    return told(vfs_unlink(CONTEXT, NULL, name));
}

int rename(const char *old, const char *new)
{
    return told(vfs_rename(CONTEXT, NULL, old, NULL, new, 0));
}

int mkdir(const char *name, uint32_t mode)
{
    return told(vfs_mkdir(CONTEXT, NULL, name, mode));
}

int rmdir(const char *name)
{
    return told(vfs_rmdir(CONTEXT, NULL, name));
}

int isatty(int fd)
{
    return fd >= 0 && fd < FIRST_FD;
}

__attribute__((constructor)) static void start(void)
{
    if (vfs_init() != 0 || ramfs_init() != 0 || vfs_mount_root("rootfs", "rootfs", 0, "") != 0)
        panic("no memory for the root file system");
    if (boot_info.initrd.size != 0)
        (void)initrd_unpack(phys_to_virt(boot_info.initrd.start), boot_info.initrd.size);
}
