/*
 * FIFOs: see <fifo/fifo.h>.
 */
#include <fifo/fifo.h>

#include <base/errno.h>
#include <pipe/pipe.h>
#include <pipe/side.h>
#include <string/string.h>
#include <vfs/magic.h>
#include <vfs/vfs.h>

static struct superblock *pipefs; /* superblock of unnamed pipes' inodes */

static const struct superblock_ops pipefs_ops = {.inode_size = sizeof(struct inode)};
static const struct fs_type pipefs_type = {.name = "pipefs"};
static const struct inode_ops anonymous_inode_ops = {.getattr = NULL};

/*
 * Wait for the other side unless it was open when this one entered. The view taken at that moment
 * counts: woken by our opening, the other side may open, write and close before we look again.
 */
static int wait_for_other_side(struct pipe *pipe, const struct file *file,
                               const struct pipe_view *view)
{
    if (file->can_read && file->can_write)
        return 0;
    if (file->can_read) {
        if (view->nr_writers > 0 || (file->flags & O_NONBLOCK) != 0)
            return 0;
        return pipe_wait_opened(pipe, file, view);
    }
    if (view->nr_readers > 0)
        return 0;
    if ((file->flags & O_NONBLOCK) != 0)
        return -ENXIO;
    return pipe_wait_opened(pipe, file, view);
}

/* Get the FIFO's ring, created at the first open, and count the file. */
static struct pipe *fifo_get_pipe(struct inode *inode)
{
    mutex_lock(&inode->lock);
    struct pipe *pipe = inode->pipe;

    if (!pipe)
        pipe = inode->pipe = pipe_alloc();
    if (pipe)
        pipe_hold(pipe);
    mutex_unlock(&inode->lock);
    return pipe;
}

static void fifo_put_pipe(struct inode *inode, struct pipe *pipe)
{
    mutex_lock(&inode->lock);
    bool is_last = pipe_drop(pipe);

    if (is_last)
        inode->pipe = NULL;
    mutex_unlock(&inode->lock);
    if (is_last)
        pipe_free(pipe);
}

static void fifo_release(struct file *file)
{
    pipe_leave(file->private, file);
    fifo_put_pipe(file_inode(file), file->private);
}

static const struct file_ops named_ops = {
    .read = pipe_read,
    .write = pipe_write,
    .poll = pipe_poll,
    .ioctl = pipe_ioctl,
    .release = fifo_release,
    .is_stream = true,
};

/* ---- pipes without a name ---- */

static int anonymous_describe(struct file *file, char *buf, size_t size)
{
    char digits[24];
    char *at = &digits[sizeof(digits) - 1];
    uint64_t ino = file_inode(file)->ino;

    *at = '\0';
    *--at = ']';
    do {
        *--at = (char)('0' + ino % 10);
        ino /= 10;
    } while (ino != 0);
    at -= 6;
    memcpy(at, "pipe:[", 6);
    return (int)strlcpy(buf, at, size);
}

static const struct file_ops anonymous_ops = {
    .read = pipe_read,
    .write = pipe_write,
    .poll = pipe_poll,
    .ioctl = pipe_ioctl,
    .release = fifo_release,
    .describe = anonymous_describe,
    .is_stream = true,
};

static struct inode *anonymous_inode(uint32_t uid, uint32_t gid)
{
    struct inode *inode = inode_alloc(pipefs, S_IFIFO | 0600);

    if (!inode)
        return NULL;
    inode->ops = &anonymous_inode_ops;
    inode->ino = superblock_next_ino(pipefs);
    inode->uid = uid;
    inode->gid = gid;
    return inode;
}

int fifo_create_anonymous(unsigned flags, uint32_t uid, uint32_t gid, struct file **read_end,
                          struct file **write_end)
{
    struct pipe *pipe = pipe_alloc();
    struct inode *inode = anonymous_inode(uid, gid);
    struct file *reader = NULL;
    struct file *writer = NULL;

    if (pipe && inode) {
        reader = vfs_file_alloc(&anonymous_ops, inode, O_RDONLY | (flags & O_NONBLOCK));
        writer = vfs_file_alloc(&anonymous_ops, inode, O_WRONLY | (flags & O_NONBLOCK));
    }
    if (!reader || !writer) {
        file_discard(reader);
        file_discard(writer);
        if (inode)
            inode_put(inode);
        if (pipe)
            pipe_free(pipe);
        return -ENOMEM;
    }
    inode->pipe = pipe;
    inode_put(inode); /* the files hold it */
    pipe_join(pipe, reader, writer);
    *read_end = reader;
    *write_end = writer;
    return 0;
}

/* ---- opening ---- */

static int fifo_open(struct file *file)
{
    struct pipe *pipe = fifo_get_pipe(file_inode(file));
    struct pipe_view view;

    if (!pipe)
        return -ENOMEM;
    pipe_enter(pipe, file, &view);
    /* Reopening a pipe through /proc/PID/fd does not wait. */
    bool is_anonymous = file_inode(file)->sb == pipefs;
    int ret = is_anonymous ? 0 : wait_for_other_side(pipe, file, &view);

    if (ret != 0) {
        pipe_leave(pipe, file);
        fifo_put_pipe(file_inode(file), pipe);
        return ret;
    }
    file->private = pipe;
    file->ops = is_anonymous ? &anonymous_ops : &named_ops;
    return 0;
}

static const struct file_ops fifo_file_ops = {.open = fifo_open, .is_stream = true};

int fifo_init(void)
{
    pipefs = superblock_alloc(&pipefs_type, &pipefs_ops);
    if (!pipefs)
        return -ENOMEM;
    pipefs->magic = PIPEFS_MAGIC;
    vfs_fifo_ops = &fifo_file_ops;
    return 0;
}
