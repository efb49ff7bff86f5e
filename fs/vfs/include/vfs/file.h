/*
 * Open files that have an inode, and usually a name: vfs's extension of <file/file.h>.
 *
 * Life: vfs_open, or vfs_file_alloc for files without a name.
 */
#ifndef VFS_FILE_H
#define VFS_FILE_H

#include <base/types.h>
#include <file/file.h>
#include <vfs/dentry.h>

struct cred;
struct inode;
struct pagecache;

struct vfs_file {
    struct file file;    /* first */
    struct inode *inode; /* [I] a reference */
    struct path path;    /* [I] references; dentry NULL for files without a name */
    bool is_writer;      /* [I] counted in inode->nr_writers */
    bool denies_write;   /* counted there too, negatively: file_deny_write() */
};

extern const struct file_kind vfs_file_kind;

/* For a file that is known to have an inode, as in the ops of a file system. */
static inline struct vfs_file *vfs_file_of(const struct file *file)
{
    return (struct vfs_file *)file;
}

/* NULL: the file has no inode. */
static inline struct inode *file_inode(const struct file *file)
{
    return file->kind == &vfs_file_kind ? vfs_file_of(file)->inode : NULL;
}

/* The members are NULL for a file without a name. */
extern const struct path path_none;
static inline const struct path *file_path(const struct file *file)
{
    return file->kind == &vfs_file_kind ? &vfs_file_of(file)->path : &path_none;
}

/* Receives directory entries from iterate. */
struct dir_sink {
    /* False: no more room, stop before this entry. pos: file position that starts at this entry. */
    bool (*emit)(struct dir_sink *sink, const char *name, size_t name_len, uint64_t ino,
                 unsigned dt_type, uint64_t pos);
};

/* Memory that an mmap of the file shows; filled in by ops->mmap. */
struct file_mapping {
    enum file_mapping_kind {
        FILE_MAPPING_CACHE,     /* pages of `cache`, offset as asked */
        FILE_MAPPING_ANONYMOUS, /* as if there were no file (/dev/zero) */
        FILE_MAPPING_PHYSICAL,  /* device memory from `pa` on */
    } kind;
    struct pagecache *cache;
    struct inode *inode; /* owner of the cache: its size bounds the mapping */
    paddr_t pa;
};

/* Allocate a file without a name, with one reference; takes a reference to inode. NULL: no
 * memory. */
struct file *vfs_file_alloc(const struct file_ops *ops, struct inode *inode, unsigned flags);
/* Deny opening the inode for writing until the file is closed. -ETXTBSY: it is open for writing.
 * Once per file. */
MUST_CHECK int file_deny_write(struct file *file);
int file_iterate(struct file *file, struct dir_sink *sink);
int file_truncate(struct file *file, uint64_t size);

/* Building blocks for file_ops. */
/* Regular files whose body is the page cache. */
ssize_t generic_file_read(struct file *file, struct uio *uio, uint64_t *pos);
ssize_t generic_file_write(struct file *file, struct uio *uio, uint64_t *pos);
int generic_file_mmap(struct file *file, struct file_mapping *out);
/* Emit positions 0 and 1 of a directory, "." and "..". False: the sink is full. */
bool generic_iterate_dots(struct file *file, struct dir_sink *sink);
int generic_file_fsync(struct file *file, bool is_data_only);
/* Directories whose names are all in the dentry cache. */
int dcache_iterate(struct file *file, struct dir_sink *sink);
extern const struct file_ops dcache_dir_ops;

#endif
