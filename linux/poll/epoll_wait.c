/*
 * epoll_pwait(2), epoll_pwait2(2): wait for events and deliver them.
 */
#include <abi/syscalls.h>
#include <arch/uaccess.h>
#include <time/time.h>

#include "epoll.h"

/* Update the item after delivery. True: it stays on the ready list. */
static bool settle(struct epoll_item *item) REQUIRES(&item->epoll->lock)
{
    if ((item->events & EPOLLONESHOT) != 0) {
        WRITE_ONCE(item->events, item->events & EPOLL_FLAGS);
        return false;
    }
    return (item->events & EPOLLET) == 0;
}

/* Deliver up to max events; return their number, or -EFAULT for none. */
static int64_t collect(struct epoll *epoll, uint64_t uevents, unsigned max)
{
    struct epoll_item *keep = NULL, *again = NULL;
    int64_t nr = 0;

    mutex_lock(&epoll->lock);
    for (struct epoll_item *item = epoll_scan_begin(epoll); item;
         item = epoll_scan_next(epoll, again)) {
        SAME_LOCK(&item->epoll->lock, &epoll->lock);
        struct linux_epoll_event event = {.events = epoll_item_ask(item, 0), .data = item->data};

        again = NULL;
        if (event.events == 0)
            continue;
        if (copy_to_user(uevents + (uint64_t)nr * sizeof(event), &event, sizeof(event)) != 0) {
            nr = nr == 0 ? -EFAULT : nr;
            keep = item;
            break;
        }
        if (settle(item))
            again = item;
        if (++nr == (int64_t)max)
            break;
    }
    epoll_scan_end(epoll, keep, again);
    mutex_unlock(&epoll->lock);
    return nr;
}

static int64_t wait_and_collect(struct epoll *epoll, uint64_t uevents, unsigned max,
                                uint64_t deadline_ns)
{
    for (;;) {
        int64_t ret = epoll_has_ready(epoll) ? collect(epoll, uevents, max) : 0;

        if (ret != 0 || deadline_ns == 0)
            return ret;
        /* Exclusive wait: the woken thread collects events and wakes the next waiter if any are
         * left. */
        ret = WAIT_EVENT(&epoll->queue, epoll_has_ready(epoll), THREAD_INTERRUPTIBLE, deadline_ns,
                         true);
        if (ret != 0)
            return ret == -ETIMEDOUT ? 0 : ret;
    }
}

static int64_t wait_events(int fd, uint64_t uevents, int max, uint64_t deadline_ns)
{
    struct fd_ref ref;

    if (max <= 0 || max > INT32_MAX / (int)sizeof(struct linux_epoll_event))
        return -EINVAL;
    int64_t ret = fd_ref_get(fd, &ref);

    if (ret != 0)
        return ret;
    struct epoll *epoll = epoll_of(ref.file);

    if (!epoll)
        ret = -EINVAL;
    else
        ret = wait_and_collect(epoll, uevents, (unsigned)max, deadline_ns);
    fd_ref_put(&ref);
    return ret;
}

/* A signal ends the wait for good, even one without a handler: signal(7), "Interruption ... by stop
 * signals". */
static int64_t mask_and_wait(int epfd, vaddr_t uevents, int max, uint64_t deadline_ns, vaddr_t mask,
                             size_t mask_size)
{
    int ret = mask_for_call(mask, mask_size);

    if (ret != 0)
        return ret;
    return signal_mask_call_over(wait_events(epfd, uevents, max, deadline_ns));
}

int64_t sys_epoll_pwait(int epfd, vaddr_t uevents, int max, int timeout_ms, vaddr_t mask,
                        size_t mask_size)
{
    uint64_t deadline = TIME_NEVER;

    if (timeout_ms == 0)
        deadline = 0;
    else if (timeout_ms > 0)
        deadline = time_deadline_ns((uint64_t)timeout_ms * NS_PER_MSEC);
    return mask_and_wait(epfd, uevents, max, deadline, mask, mask_size);
}

int64_t sys_epoll_pwait2(int epfd, vaddr_t uevents, int max, vaddr_t timeout, vaddr_t mask,
                         size_t mask_size)
{
    uint64_t deadline;
    int ret = deadline_of_user(timeout, &deadline);

    return ret != 0 ? ret : mask_and_wait(epfd, uevents, max, deadline, mask, mask_size);
}
