/*
 * Pipes: a ring of bytes with a reading and a writing side, 64 KiB unless F_SETPIPE_SZ says
 * otherwise. The ring's pages are allocated as bytes arrive and freed when they are read. Writes of
 * up to PIPE_BUF (4096) bytes are atomic. A reader without writers sees the end of the file, a
 * writer without readers gets -EPIPE (the system-call layer adds SIGPIPE).
 *
 * A pipe is two files and no inode. Pipes with an inode, as programs see them, are built on the
 * same ring by fs/fifo (<pipe/side.h>).
 */
#ifndef PIPE_PIPE_H
#define PIPE_PIPE_H

#include <file/file.h>

#define PIPE_BUF          4096
#define PIPE_DEFAULT_SIZE 65536
#define PIPE_MAX_SIZE     1048576

int pipe_init(void) MUST_CHECK;
/* flags: O_NONBLOCK, O_DIRECT is refused. */
int pipe_create(unsigned flags, struct file **read_end, struct file **write_end) MUST_CHECK;
/* True if the file is a side of a pipe, with an inode or without. */
bool pipe_is_pipe(const struct file *file);
/* Get and set the capacity in bytes: F_GETPIPE_SZ and F_SETPIPE_SZ. -EBUSY if it holds more. */
long pipe_get_size(const struct file *file);
long pipe_set_size(struct file *file, size_t nr_bytes);

#endif
