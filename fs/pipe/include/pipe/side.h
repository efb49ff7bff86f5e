/*
 * The ring below a pipe, for components that open its sides as files of another kind: FIFOs
 * (fs/fifo).
 */
#ifndef PIPE_SIDE_H
#define PIPE_SIDE_H

#include <file/file.h>

struct pipe;

/* Allocate an empty ring that no file has open. NULL: no memory. */
struct pipe *pipe_alloc(void);
void pipe_free(struct pipe *pipe);
/* Count a file in and out. pipe_drop(): true if it was the last; the caller then frees the ring. */
void pipe_hold(struct pipe *pipe);
bool pipe_drop(struct pipe *pipe) MUST_CHECK;

/* Attach a new ring's two files, which are not shared yet. */
void pipe_join(struct pipe *pipe, struct file *reader, struct file *writer);

/* State of a FIFO at the moment of an open. */
struct pipe_view {
    uint32_t nr_readers, nr_writers, read_opens, write_opens;
};
/* Count the file's sides in or out; *view gets the state before. May sleep. */
void pipe_enter(struct pipe *pipe, const struct file *file, struct pipe_view *view);
void pipe_leave(struct pipe *pipe, const struct file *file);
/* Wait until the other side has been opened since *view, even if it is closed again. -EINTR. */
int pipe_wait_opened(struct pipe *pipe, const struct file *file, const struct pipe_view *view);

/* The file_ops of a side; file->private is the ring. */
ssize_t pipe_read(struct file *file, struct uio *uio, uint64_t *pos);
ssize_t pipe_write(struct file *file, struct uio *uio, uint64_t *pos);
unsigned pipe_poll(struct file *file, struct poll_head **head);
long pipe_ioctl(struct file *file, unsigned cmd, uint64_t arg);

#endif
