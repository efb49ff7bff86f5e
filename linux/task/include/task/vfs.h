/*
 * What vfs_* calls want, for the calling process: counted copies of root and cwd. Every _begin is
 * followed by an _end. cred is cred_current().
 */
#ifndef TASK_VFS_H
#define TASK_VFS_H

#include <vfs/vfs.h>

void process_vfs_begin(struct vfs_context *out);
void process_vfs_end(struct vfs_context *context);

#endif
