/*
 * Fills a struct vfs_context from the calling process.
 */
#include <fs_context/fs_context.h>
#include <task/task.h>
#include <task/vfs.h>

void process_vfs_begin(struct vfs_context *out)
{
    struct fs_context *fs = process_current()->fs;

    out->cred = cred_current();
    spin_lock(&fs->lock);
    out->root = fs->root;
    out->cwd = fs->cwd;
    path_get(&out->root);
    path_get(&out->cwd);
    spin_unlock(&fs->lock);
    out->umask = READ_ONCE(fs->umask);
}

void process_vfs_end(struct vfs_context *context)
{
    path_put(&context->root);
    path_put(&context->cwd);
}
