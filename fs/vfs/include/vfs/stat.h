/*
 * Mode bits, device numbers, and the attributes of files and file systems. Mode bits and device
 * numbers have Linux's values (uapi/linux/stat.h, kdev_t.h).
 */
#ifndef VFS_STAT_H
#define VFS_STAT_H

#include <base/types.h>

#define S_IFMT    0170000
#define S_IFSOCK  0140000
#define S_IFLNK   0120000
#define S_IFREG   0100000
#define S_IFBLK   0060000
#define S_IFDIR   0040000
#define S_IFCHR   0020000
#define S_IFIFO   0010000
#define S_ISUID   0004000
#define S_ISGID   0002000
#define S_ISVTX   0001000
#define S_IRWXU   0000700
#define S_IRUSR   0000400
#define S_IWUSR   0000200
#define S_IXUSR   0000100
#define S_IRWXG   0000070
#define S_IRGRP   0000040
#define S_IWGRP   0000020
#define S_IXGRP   0000010
#define S_IRWXO   0000007
#define S_IROTH   0000004
#define S_IWOTH   0000002
#define S_IXOTH   0000001
#define S_IXUGO   0000111
#define S_IALLUGO 07777

#define S_ISLNK(m)  (((m)&S_IFMT) == S_IFLNK)
#define S_ISREG(m)  (((m)&S_IFMT) == S_IFREG)
#define S_ISDIR(m)  (((m)&S_IFMT) == S_IFDIR)
#define S_ISCHR(m)  (((m)&S_IFMT) == S_IFCHR)
#define S_ISBLK(m)  (((m)&S_IFMT) == S_IFBLK)
#define S_ISFIFO(m) (((m)&S_IFMT) == S_IFIFO)
#define S_ISSOCK(m) (((m)&S_IFMT) == S_IFSOCK)

/* Directory entry types: the mode's type bits >> 12. */
#define DT_UNKNOWN 0
#define DT_FIFO    1
#define DT_CHR     2
#define DT_DIR     4
#define DT_BLK     6
#define DT_REG     8
#define DT_LNK     10
#define DT_SOCK    12

/* Device numbers inside the kernel: 12 bits of major, 20 of minor, as in Linux's new_encode_dev. */
typedef uint32_t devno_t;
#define DEVNO(major, minor) ((devno_t)((uint32_t)(major) << 20 | (minor)))
#define DEVNO_MAJOR(dev)    ((dev) >> 20)
#define DEVNO_MINOR(dev)    ((dev)&0xfffff)

struct vfs_stat {
    devno_t dev;
    devno_t rdev;
    uint64_t ino;
    uint32_t mode;
    uint32_t nlink;
    uint32_t uid;
    uint32_t gid;
    uint32_t block_size; /* preferred transfer size, bytes */
    uint64_t size;
    uint64_t nr_sectors; /* 512-byte units that the body occupies */
    int64_t atime_ns;    /* since 1970, as are all wall-clock times here */
    int64_t mtime_ns;
    int64_t ctime_ns;
    int64_t btime_ns;
};

/* Flags of statfs(2): Linux's include/linux/statfs.h. */
#define ST_RDONLY   0x0001u
#define ST_NOSUID   0x0002u
#define ST_NODEV    0x0004u
#define ST_NOEXEC   0x0008u
#define ST_VALID    0x0020u
#define ST_NOATIME  0x0400u
#define ST_RELATIME 0x1000u

struct vfs_statfs {
    uint64_t magic; /* Linux's f_type */
    uint64_t block_size;
    uint64_t nr_blocks;
    uint64_t nr_free;
    uint64_t nr_available;
    uint64_t nr_files;
    uint64_t nr_files_free;
    uint32_t name_max;
    uint32_t flags; /* ST_* */
};

/* A change of attributes. */
#define ATTR_MODE      BIT(0)
#define ATTR_UID       BIT(1)
#define ATTR_GID       BIT(2)
#define ATTR_ATIME     BIT(4)
#define ATTR_MTIME     BIT(5)
#define ATTR_TIMES_NOW BIT(6) /* set times to now: needs only write permission, not ownership */

struct vfs_attr {
    unsigned valid; /* ATTR_* */
    uint32_t mode;
    uint32_t uid;
    uint32_t gid;
    uint64_t size;
    int64_t atime_ns;
    int64_t mtime_ns;
};

#endif
