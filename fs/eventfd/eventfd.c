/*
 * eventfd: see <eventfd/eventfd.h>.
 */
#include <eventfd/eventfd.h>

#include <base/errno.h>
#include <heap/heap.h>
#include <lock/spinlock.h>
#include <string/string.h>
#include <sync/waitqueue.h>

struct eventfd {
    struct spinlock lock;
    uint64_t count GUARDED_BY(&lock); /* [lock] at most UINT64_MAX - 1 */
    bool is_semaphore;
    struct wait_queue queue;
    struct poll_head poll;
};

static uint64_t eventfd_count(const struct eventfd *efd)
{
    return UNLOCKED(READ_ONCE(efd->count), "one word; who takes or adds looks again, locked");
}

static ssize_t eventfd_read(struct file *file, struct uio *uio, uint64_t *pos)
{
    struct eventfd *efd = file->private;
    uint64_t value = 0;

    (void)pos;
    if (uio->nr_left < sizeof(value))
        return -EINVAL;
    while (value == 0) {
        spin_lock(&efd->lock);
        value = efd->is_semaphore ? MIN(efd->count, 1ull) : efd->count;
        efd->count -= value;
        spin_unlock(&efd->lock);
        if (value != 0)
            break;
        if ((file->flags & O_NONBLOCK) != 0)
            return -EAGAIN;
        int ret = wait_event_interruptible(&efd->queue, eventfd_count(efd) != 0);

        if (ret != 0)
            return ret;
    }
    wait_wake_all(&efd->queue);
    poll_notify(&efd->poll, POLLOUT | POLLWRNORM);
    return uio_copy_to(uio, &value, sizeof(value)) == sizeof(value) ? (ssize_t)sizeof(value)
                                                                    : -EFAULT;
}

static ssize_t eventfd_write(struct file *file, struct uio *uio, uint64_t *pos)
{
    struct eventfd *efd = file->private;
    uint64_t value;

    (void)pos;
    if (uio->nr_left < sizeof(value))
        return -EINVAL;
    if (uio_copy_from(uio, &value, sizeof(value)) != sizeof(value))
        return -EFAULT;
    if (value == UINT64_MAX)
        return -EINVAL;
    for (;;) {
        spin_lock(&efd->lock);
        bool fits = value < UINT64_MAX - efd->count;

        if (fits)
            efd->count += value;
        spin_unlock(&efd->lock);
        if (fits)
            break;
        if ((file->flags & O_NONBLOCK) != 0)
            return -EAGAIN;
        int ret = wait_event_interruptible(&efd->queue, value < UINT64_MAX - eventfd_count(efd));

        if (ret != 0)
            return ret;
    }
    wait_wake_all(&efd->queue);
    poll_notify(&efd->poll, POLLIN | POLLRDNORM);
    return sizeof(value);
}

static unsigned eventfd_poll(struct file *file, struct poll_head **head)
{
    struct eventfd *efd = file->private;
    uint64_t count = eventfd_count(efd);

    if (head)
        *head = &efd->poll;
    return (count > 0 ? POLLIN | POLLRDNORM : 0) |
           (count < UINT64_MAX - 1 ? POLLOUT | POLLWRNORM : 0);
}

static void eventfd_release(struct file *file)
{
    heap_free(file->private);
}

static int eventfd_describe(struct file *file, char *buf, size_t size)
{
    (void)file;
    return (int)strlcpy(buf, "anon_inode:[eventfd]", size);
}

static const struct file_ops eventfd_ops = {.read = eventfd_read,
                                            .write = eventfd_write,
                                            .poll = eventfd_poll,
                                            .release = eventfd_release,
                                            .describe = eventfd_describe,
                                            .is_stream = true};

struct file *eventfd_create(uint64_t count, bool is_semaphore, unsigned flags)
{
    struct eventfd *efd = heap_zalloc(sizeof(*efd));
    struct file *file = efd ? file_alloc(&eventfd_ops, O_RDWR | (flags & O_NONBLOCK)) : NULL;

    if (!file) {
        heap_free(efd);
        return NULL;
    }
    spin_init(&efd->lock, "eventfd");
    ASSUME_UNSHARED(&efd->lock, "nobody else knows it yet");
    efd->count = count;
    efd->is_semaphore = is_semaphore;
    wait_queue_init(&efd->queue);
    poll_head_init(&efd->poll);
    file->private = efd;
    return file;
}
