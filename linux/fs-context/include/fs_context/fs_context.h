/*
 * The file-system context of a process: root, current directory, umask. Shared by its threads (and
 * by CLONE_FS without CLONE_THREAD), copied by fork.
 */
#ifndef FS_CONTEXT_FS_CONTEXT_H
#define FS_CONTEXT_FS_CONTEXT_H

#include <lock/spinlock.h>
#include <vfs/vfs.h>

struct fs_context {
    uint32_t refcount; /* [a] */
    struct spinlock lock;
    struct path root GUARDED_BY(&lock); /* [lock] counted */
    struct path cwd GUARDED_BY(&lock);  /* [lock] counted */
    uint32_t umask;                     /* [a] */
};

/* Create a context at root (references taken). NULL: no memory. */
struct fs_context *fs_context_create(const struct path *root);
struct fs_context *fs_context_fork(struct fs_context *from); /* NULL: no memory */
void fs_context_get(struct fs_context *fs);
void fs_context_put(struct fs_context *fs);

/* Change the current or root directory; takes references of its own. */
void fs_context_set_cwd(struct fs_context *fs, const struct path *path);
void fs_context_set_root(struct fs_context *fs, const struct path *path);

#endif
