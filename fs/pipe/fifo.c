/*
 * FIFOs: pipes with a name. The ring exists while somebody has the FIFO open. Opening follows fifo(7).
 */
#include <base/errno.h>
#include <vfs/inode.h>

#include "internal.h"

/* Who else has to come is waited for; both sides count as opened before, so that two openers meet. */
static int wait_for_other_side(struct pipe *pipe, const struct file *file, uint32_t read_opens,
                               uint32_t write_opens)
{
    if (file->can_read && file->can_write)
        return 0;
    if (file->can_read) {
        if (pipe->nr_writers > 0 || (file->flags & O_NONBLOCK) != 0)
            return 0;
        return wait_event_interruptible(&pipe->openers,
                                        READ_ONCE(pipe->write_opens) != write_opens);
    }
    if (pipe->nr_readers > 0)
        return 0;
    if ((file->flags & O_NONBLOCK) != 0)
        return -ENXIO;
    return wait_event_interruptible(&pipe->openers, READ_ONCE(pipe->read_opens) != read_opens);
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

static void fifo_release(struct file *file)
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

    if (pipe == NULL)
        return -ENOMEM;
    uint32_t read_opens = pipe->read_opens;
    uint32_t write_opens = pipe->write_opens;

    pipe_enter(pipe, file);
    int ret = wait_for_other_side(pipe, file, read_opens, write_opens);

    if (ret != 0) {
        pipe_leave(pipe, file);
        fifo_put_pipe(file->inode, pipe);
        return ret;
    }
    file->private = pipe;
    file->ops = &fifo_open_ops;
    return 0;
}

const struct file_ops fifo_file_ops = {.open = fifo_open, .is_stream = true};
