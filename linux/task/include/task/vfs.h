/*
 * The struct vfs_context of the calling process, for calls of vfs_*: references to root and cwd,
 * and cred_current(). Every _begin is followed by an _end.
 */
#ifndef TASK_VFS_H
#define TASK_VFS_H

#include <vfs/vfs.h>

void process_vfs_begin(struct vfs_context *out);
void process_vfs_end(struct vfs_context *context);

#endif
