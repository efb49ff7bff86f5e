/*
 * Pipes that have an inode. FIFOs are names on any file system, whose ring exists while the FIFO is
 * open; opening follows fifo(7). Unnamed pipes, as pipe(2) creates them, have an inode for fstat(2)
 * and for reopening through /proc/PID/fd.
 */
#ifndef FIFO_FIFO_H
#define FIFO_FIFO_H

#include <file/file.h>

/* Let vfs_open() open FIFOs. After pipe_init() and vfs_init(). -ENOMEM. */
int fifo_init(void) MUST_CHECK;
/* Create a pipe, whose inode belongs to uid and gid. flags: O_NONBLOCK. -ENOMEM. */
int fifo_create_anonymous(unsigned flags, uint32_t uid, uint32_t gid, struct file **read_end,
                          struct file **write_end) MUST_CHECK;

#endif
