/*
 * Opening and closing the sides of a pipe: see <pipe/side.h>.
 */
#include <pipe/side.h>

#include "internal.h"

void pipe_hold(struct pipe *pipe)
{
    __atomic_fetch_add(&pipe->nr_files, 1, __ATOMIC_RELAXED);
}

bool pipe_drop(struct pipe *pipe)
{
    return __atomic_sub_fetch(&pipe->nr_files, 1, __ATOMIC_ACQ_REL) == 0;
}

void pipe_join(struct pipe *pipe, struct file *reader, struct file *writer)
{
    ASSUME_UNSHARED(&pipe->lock, "nobody else has a file of it yet");
    pipe->nr_files = 2;
    pipe->nr_readers = pipe->nr_writers = 1;
    pipe->read_opens = pipe->write_opens = 1;
    reader->private = pipe;
    writer->private = pipe;
}

void pipe_enter(struct pipe *pipe, const struct file *file, struct pipe_view *view)
{
    mutex_lock(&pipe->lock);
    *view = (struct pipe_view){.nr_readers = pipe->nr_readers,
                               .nr_writers = pipe->nr_writers,
                               .read_opens = pipe->read_opens,
                               .write_opens = pipe->write_opens};
    pipe->nr_readers += file->can_read;
    pipe->nr_writers += file->can_write;
    pipe->read_opens += file->can_read;
    pipe->write_opens += file->can_write;
    mutex_unlock(&pipe->lock);
    wait_wake_all(&pipe->openers);
}

void pipe_leave(struct pipe *pipe, const struct file *file)
{
    mutex_lock(&pipe->lock);
    pipe->nr_readers -= file->can_read;
    pipe->nr_writers -= file->can_write;
    mutex_unlock(&pipe->lock);
    wait_wake_all(&pipe->readers);
    wait_wake_all(&pipe->writers);
    poll_notify(&pipe->poll, POLLIN | POLLOUT | POLLHUP | POLLERR | POLLRDNORM | POLLWRNORM);
}

static bool has_opened(const struct pipe *pipe, const struct file *file,
                       const struct pipe_view *view)
{
    return file->can_read ? PEEK(pipe->write_opens) != view->write_opens
                          : PEEK(pipe->read_opens) != view->read_opens;
}

int pipe_wait_opened(struct pipe *pipe, const struct file *file, const struct pipe_view *view)
{
    return wait_event_interruptible(&pipe->openers, has_opened(pipe, file, view));
}
