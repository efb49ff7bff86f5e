/*
 * The ring below a pipe, for who opens its sides as files of another kind: FIFOs (fs/fifo).
 */
#ifndef PIPE_SIDE_H
#define PIPE_SIDE_H

#include <file/file.h>

struct pipe;

/* An empty ring that no file has open. NULL: no memory. */
struct pipe *pipe_alloc(void);
void pipe_free(struct pipe *pipe);
/* Counts a file; drop: true if that was the last, and the ring is the caller's to free. */
void pipe_hold(struct pipe *pipe);
bool pipe_drop(struct pipe *pipe) MUST_CHECK;

/* A new ring gets its two files, which nobody else knows yet. */
void pipe_join(struct pipe *pipe, struct file *reader, struct file *writer);

/* What an opener of a FIFO found. */
struct pipe_view {
    uint32_t nr_readers, nr_writers, read_opens, write_opens;
};
/* Counts the file's sides in, respectively out; *view is the moment before. May sleep. */
void pipe_enter(struct pipe *pipe, const struct file *file, struct pipe_view *view);
void pipe_leave(struct pipe *pipe, const struct file *file);
/* Waits until the side opens that the file is not, also if it is gone again by now. -EINTR. */
int pipe_wait_opened(struct pipe *pipe, const struct file *file, const struct pipe_view *view);

/* The file_ops of a side; file->private is the ring. */
ssize_t pipe_read(struct file *file, struct uio *uio, uint64_t *pos);
ssize_t pipe_write(struct file *file, struct uio *uio, uint64_t *pos);
unsigned pipe_poll(struct file *file, struct poll_head **head);
long pipe_ioctl(struct file *file, unsigned cmd, uint64_t arg);

#endif
