#ifndef RAMFS_INTERNAL_H
#define RAMFS_INTERNAL_H

#include <ramfs/ramfs.h>

struct ramfs_inode {
    struct inode inode;  /* first */
    const uint8_t *body; /* [inode.lock] initial contents, where no cached page has replaced them */
    size_t body_size;    /* [inode.lock; read racily] */
    bool owns_frames;    /* [I] */
    char *link;          /* [I] a symbolic link's text */
};

struct ramfs_options {
    uint64_t nr_pages_max;  /* 0: no limit */
    uint64_t nr_inodes_max; /* 0: no limit */
    uint32_t mode;
    uint32_t uid;
    uint32_t gid;
};

/* superblock->private */
struct ramfs_super {
    struct ramfs_options options; /* [a] a remount changes the limits; the rest is [I] */
    uint64_t nr_pages;            /* [a] pages of bodies and of the page cache */
    uint64_t nr_inodes;           /* [a] */
};

static inline struct ramfs_inode *ramfs_inode_of(struct inode *inode)
{
    return container_of(inode, struct ramfs_inode, inode);
}

/* Set Linux's limits for a tmpfs: half of RAM, an inode for each of its pages. */
void ramfs_options_limit(struct ramfs_options *out);
/* Parse options; *out holds the defaults. -EINVAL after a log line about an unknown word. */
int ramfs_options_parse(const char *fs_name, const char *text, struct ramfs_options *out);

extern const struct pagecache_ops ramfs_cache_ops;
extern const struct file_ops ramfs_file_ops;
int ramfs_body_truncate(struct inode *inode, uint64_t size);
void ramfs_body_release(struct ramfs_inode *ri, size_t new_size);

#endif
