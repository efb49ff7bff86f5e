/*
 * timerfd_create(2): timers read through a descriptor.
 */
#include <abi/abi.h>
#include <abi/clock.h>
#include <abi/syscalls.h>
#include <arch/uaccess.h>
#include <base/errno.h>
#include <fd/fd.h>
#include <heap/heap.h>
#include <lock/spinlock.h>
#include <string/string.h>
#include <sync/waitqueue.h>
#include <time/time.h>

#define TFD_TIMER_ABSTIME       1u
#define TFD_TIMER_CANCEL_ON_SET 2u

struct timerfd {
    struct timer timer;
    struct spinlock lock;                      /* interrupts off */
    uint64_t nr_expirations GUARDED_BY(&lock); /* [lock] since the last read */
    uint64_t deadline_ns GUARDED_BY(&lock);    /* [lock] next expiry; TIME_NEVER: disarmed */
    uint64_t interval_ns GUARDED_BY(&lock);    /* [lock] 0: one shot */
    bool is_realtime;                          /* [I] */
    struct wait_queue queue;
    struct poll_head poll;
};

/* Count the intervals that have passed. */
static void timerfd_catch_up(struct timerfd *tfd) REQUIRES(&tfd->lock)
{
    uint64_t now = time_now_ns();

    if (tfd->deadline_ns == TIME_NEVER || now < tfd->deadline_ns)
        return;
    if (tfd->interval_ns != 0) {
        tfd->nr_expirations += time_catch_up(&tfd->deadline_ns, tfd->interval_ns, now);
    } else {
        tfd->nr_expirations++;
        tfd->deadline_ns = TIME_NEVER;
    }
}

/*
 * Rearm only when a read has taken the expirations: an interval shorter than the interrupt's own
 * run time would leave the CPU no time for anything else.
 */
static void timerfd_fire(struct timer *timer)
{
    struct timerfd *tfd = container_of(timer, struct timerfd, timer);
    unsigned long flags = spin_lock_irqsave(&tfd->lock);

    timerfd_catch_up(tfd);
    uint64_t again = tfd->nr_expirations == 0 ? tfd->deadline_ns : TIME_NEVER;

    spin_unlock_irqrestore(&tfd->lock, flags);
    if (again != TIME_NEVER) {
        timer_arm(&tfd->timer, again); /* set again in the meantime */
        return;
    }
    wait_wake_all(&tfd->queue);
    poll_notify(&tfd->poll, POLLIN | POLLRDNORM);
}

static uint64_t timerfd_take(struct timerfd *tfd)
{
    unsigned long flags = spin_lock_irqsave(&tfd->lock);
    uint64_t nr = 0;

    if (tfd->nr_expirations != 0) {
        timerfd_catch_up(tfd);
        nr = tfd->nr_expirations;
        tfd->nr_expirations = 0;
    }
    uint64_t deadline = tfd->deadline_ns;

    spin_unlock_irqrestore(&tfd->lock, flags);
    if (nr != 0 && deadline != TIME_NEVER)
        timer_arm(&tfd->timer, deadline);
    return nr;
}

static bool timerfd_is_over(const struct timerfd *tfd)
{
    return UNLOCKED(READ_ONCE(tfd->nr_expirations), "one word; a read looks again, locked") != 0;
}

static ssize_t timerfd_read(struct file *file, struct uio *uio, uint64_t *pos)
{
    struct timerfd *tfd = file->private;
    uint64_t nr;

    (void)pos;
    if (uio->nr_left < sizeof(nr))
        return -EINVAL;
    while ((nr = timerfd_take(tfd)) == 0) {
        if ((file->flags & O_NONBLOCK) != 0)
            return -EAGAIN;
        int ret = wait_event_interruptible(&tfd->queue, timerfd_is_over(tfd));

        if (ret != 0)
            return ret;
    }
    return uio_copy_to(uio, &nr, sizeof(nr)) == sizeof(nr) ? (ssize_t)sizeof(nr) : -EFAULT;
}

static unsigned timerfd_poll(struct file *file, struct poll_head **head)
{
    struct timerfd *tfd = file->private;

    if (head)
        *head = &tfd->poll;
    return timerfd_is_over(tfd) ? POLLIN | POLLRDNORM : 0;
}

static void timerfd_release(struct file *file)
{
    struct timerfd *tfd = file->private;
    unsigned long flags = spin_lock_irqsave(&tfd->lock);

    tfd->deadline_ns = TIME_NEVER;
    tfd->interval_ns = 0;
    spin_unlock_irqrestore(&tfd->lock, flags);
    (void)timer_cancel_sync(&tfd->timer);
    heap_free(tfd);
}

static int timerfd_describe(struct file *file, char *buf, size_t size)
{
    (void)file;
    return (int)strlcpy(buf, "anon_inode:[timerfd]", size);
}

static const struct file_ops timerfd_ops = {.read = timerfd_read,
                                            .poll = timerfd_poll,
                                            .release = timerfd_release,
                                            .describe = timerfd_describe,
                                            .is_stream = true};

int64_t sys_timerfd_create(int clock, unsigned flags)
{
    if ((flags & ~(unsigned)(O_CLOEXEC | O_NONBLOCK)) != 0 ||
        (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME))
        return -EINVAL;
    struct timerfd *tfd = heap_zalloc(sizeof(*tfd));
    struct file *file =
        tfd ? file_alloc(&timerfd_ops, O_RDWR | (unsigned)(flags & O_NONBLOCK)) : NULL;

    if (!file) {
        heap_free(tfd);
        return -ENOMEM;
    }
    timer_init(&tfd->timer, timerfd_fire);
    spin_init(&tfd->lock, "timerfd");
    tfd->deadline_ns = TIME_NEVER;
    tfd->is_realtime = clock == CLOCK_REALTIME;
    wait_queue_init(&tfd->queue);
    poll_head_init(&tfd->poll);
    file->private = tfd;
    return fd_install_or_put(file, (flags & O_CLOEXEC) != 0);
}

static bool timespec_to_ns(const struct linux_timespec *ts, uint64_t *ns)
{
    if (ts->tv_sec < 0 || ts->tv_nsec < 0 || ts->tv_nsec >= (int64_t)NS_PER_SEC)
        return false;
    *ns = (uint64_t)ts->tv_sec >= TIME_NEVER / NS_PER_SEC - 1
              ? TIME_NEVER - 1
              : (uint64_t)ts->tv_sec * NS_PER_SEC + (uint64_t)ts->tv_nsec;
    return true;
}

static struct linux_timespec timespec_of_ns(uint64_t ns)
{
    return (struct linux_timespec){(int64_t)(ns / NS_PER_SEC), (int64_t)(ns % NS_PER_SEC)};
}

/* Return the time left until the next expiry, and the interval. */
static struct linux_itimerspec timerfd_now(struct timerfd *tfd)
{
    struct linux_itimerspec its = {0};
    uint64_t now = time_now_ns();
    unsigned long flags = spin_lock_irqsave(&tfd->lock);

    if (tfd->nr_expirations != 0)
        timerfd_catch_up(tfd);
    if (tfd->deadline_ns != TIME_NEVER)
        its.it_value = timespec_of_ns(tfd->deadline_ns > now ? tfd->deadline_ns - now : 1);
    its.it_interval = timespec_of_ns(tfd->interval_ns);
    spin_unlock_irqrestore(&tfd->lock, flags);
    return its;
}

static void timerfd_set(struct timerfd *tfd, uint64_t value, uint64_t interval, bool is_absolute)
{
    uint64_t deadline = TIME_NEVER;

    (void)timer_cancel_sync(&tfd->timer);
    if (value != 0 && !is_absolute) {
        deadline = time_deadline_ns(value);
    } else if (value != 0) {
        /* Convert a wall-clock time to the monotonic clock by their present difference. */
        uint64_t offset = tfd->is_realtime ? time_realtime_ns() - time_now_ns() : 0;

        deadline = value > offset ? value - offset : 1;
    }
    unsigned long flags = spin_lock_irqsave(&tfd->lock);

    tfd->nr_expirations = 0;
    tfd->deadline_ns = deadline;
    tfd->interval_ns = interval;
    spin_unlock_irqrestore(&tfd->lock, flags);
    if (deadline != TIME_NEVER)
        timer_arm(&tfd->timer, deadline);
}

int64_t sys_timerfd_settime(int fd, unsigned flags, vaddr_t unew, vaddr_t uold)
{
    struct linux_itimerspec new;
    struct linux_itimerspec old;
    uint64_t value;
    uint64_t interval;
    struct fd_ref ref;

    if ((flags & ~(unsigned)(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) != 0)
        return -EINVAL;
    if (copy_from_user(&new, unew, sizeof(new)) != 0)
        return -EFAULT;
    if (!timespec_to_ns(&new.it_value, &value) || !timespec_to_ns(&new.it_interval, &interval))
        return -EINVAL;
    int64_t ret = fd_ref_get(fd, &ref);

    if (ret != 0)
        return ret;
    if (ref.file->ops != &timerfd_ops) {
        ret = -EINVAL;
    } else {
        old = timerfd_now(ref.file->private);
        timerfd_set(ref.file->private, value, interval, (flags & TFD_TIMER_ABSTIME) != 0);
        if (uold != 0)
            ret = copy_to_user(uold, &old, sizeof(old));
    }
    fd_ref_put(&ref);
    return ret;
}

int64_t sys_timerfd_gettime(int fd, vaddr_t unow)
{
    struct fd_ref ref;
    int64_t ret = fd_ref_get(fd, &ref);

    if (ret != 0)
        return ret;
    if (ref.file->ops != &timerfd_ops) {
        ret = -EINVAL;
    } else {
        struct linux_itimerspec now = timerfd_now(ref.file->private);

        ret = copy_to_user(unow, &now, sizeof(now));
    }
    fd_ref_put(&ref);
    return ret;
}
