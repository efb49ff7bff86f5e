/*
 * FIFOs: pipes with a name. The ring exists while somebody has the FIFO open. Opening follows
 * fifo(7). A pipe without a name is one too, which pipe(2) has opened on both sides.
 */
#include <base/errno.h>
#include <vfs/inode.h>

#include "internal.h"

static bool has_opened(const struct pipe *pipe, const struct file *file,
                       const struct pipe_view *view)
{
    return file->can_read ? PEEK(pipe->write_opens) != view->write_opens
                          : PEEK(pipe->read_opens) != view->read_opens;
}

/*
 * Waits for the other side unless it was there when this one entered. That it was there at that
 * moment counts: woken by our coming, it may have opened, written and closed before we look again.
 */
static int wait_for_other_side(struct pipe *pipe, const struct file *file,
                               const struct pipe_view *view)
{
    if (file->can_read && file->can_write)
        return 0;
    if (file->can_read) {
        if (view->nr_writers > 0 || (file->flags & O_NONBLOCK) != 0)
            return 0;
        return wait_event_interruptible(&pipe->openers, has_opened(pipe, file, view));
    }
    if (view->nr_readers > 0)
        return 0;
    if ((file->flags & O_NONBLOCK) != 0)
        return -ENXIO;
    return wait_event_interruptible(&pipe->openers, has_opened(pipe, file, view));
}

/* The FIFO's ring, made at the first open; counts the file. */
static struct pipe *fifo_get_pipe(struct inode *inode)
{
    mutex_lock(&inode->lock);
    struct pipe *pipe = inode->pipe;

    if (pipe == NULL)
        pipe = inode->pipe = pipe_alloc();
    if (pipe != NULL)
        pipe->nr_files++;
    mutex_unlock(&inode->lock);
    return pipe;
}

static void fifo_put_pipe(struct inode *inode, struct pipe *pipe)
{
    mutex_lock(&inode->lock);
    bool is_last = --pipe->nr_files == 0;

    if (is_last)
        inode->pipe = NULL;
    mutex_unlock(&inode->lock);
    if (is_last)
        pipe_free(pipe);
}

void fifo_release(struct file *file)
{
    pipe_leave(file->private, file);
    fifo_put_pipe(file->inode, file->private);
}

const struct file_ops fifo_open_ops = {
    .read = pipe_read,
    .write = pipe_write,
    .poll = pipe_poll,
    .ioctl = pipe_ioctl,
    .release = fifo_release,
    .is_stream = true,
};

static int fifo_open(struct file *file)
{
    struct pipe *pipe = fifo_get_pipe(file->inode);
    struct pipe_view view;

    if (pipe == NULL)
        return -ENOMEM;
    pipe_enter(pipe, file, &view);
    /* A pipe that is opened once more, through /proc/PID/fd, waits for nobody. */
    bool is_anonymous = pipe_is_anonymous(file->inode);
    int ret = is_anonymous ? 0 : wait_for_other_side(pipe, file, &view);

    if (ret != 0) {
        pipe_leave(pipe, file);
        fifo_put_pipe(file->inode, pipe);
        return ret;
    }
    file->private = pipe;
    file->ops = is_anonymous ? &pipe_file_ops : &fifo_open_ops;
    return 0;
}

const struct file_ops fifo_file_ops = {.open = fifo_open, .is_stream = true};
