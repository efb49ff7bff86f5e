/*
 * Pipes and FIFOs: a ring of bytes with a reading and a writing side, 64 KiB unless F_SETPIPE_SZ
 * says otherwise. The ring's pages are taken as bytes come and given back when they are read.
 * Writes of up to PIPE_BUF (4096) bytes are atomic. A reader without writers sees the end of the
 * file, a writer without readers gets -EPIPE (the system-call layer adds SIGPIPE).
 */
#ifndef PIPE_PIPE_H
#define PIPE_PIPE_H

#include <vfs/file.h>

#define PIPE_BUF          4096
#define PIPE_DEFAULT_SIZE 65536
#define PIPE_MAX_SIZE     1048576

int pipe_init(void);
/* flags: O_NONBLOCK, O_DIRECT is refused. */
int pipe_create(unsigned flags, struct file **read_end, struct file **write_end) MUST_CHECK;
bool pipe_is_pipe(const struct file *file);
/* Capacity in bytes; F_GETPIPE_SZ and F_SETPIPE_SZ. -EBUSY if more is in it. */
long pipe_get_size(const struct file *file);
long pipe_set_size(struct file *file, size_t nr_bytes);

/* The file_ops of S_IFIFO inodes: vfs_open uses them for FIFOs on any file system. */
extern const struct file_ops fifo_file_ops;

#endif
