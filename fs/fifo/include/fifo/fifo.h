/*
 * Pipes that have an inode. FIFOs: a name on any file system, whose ring exists while somebody has
 * the FIFO open; opening follows fifo(7). Pipes without a name, as pipe(2) makes them: their inode
 * is what fstat shows, and what /proc/PID/fd opens once more.
 */
#ifndef FIFO_FIFO_H
#define FIFO_FIFO_H

#include <file/file.h>

/* After pipe_init and vfs_init: from now on vfs_open opens FIFOs. -ENOMEM. */
int fifo_init(void) MUST_CHECK;
/* The two ends of a new pipe, whose inode belongs to uid and gid. flags: O_NONBLOCK. -ENOMEM. */
int fifo_create_anonymous(unsigned flags, uint32_t uid, uint32_t gid, struct file **read_end,
                          struct file **write_end) MUST_CHECK;

#endif
