/*
 * epoll_ctl(2): adds, changes and removes items, and keeps the watch graph within its limits.
 *
 * Epoll files that watch each other must not form a cycle, nor a chain of more than five: an event
 * would travel for ever, or too far with interrupts off. For the same reason the number of paths by
 * which an event reaches other epoll files is limited (the limits are Linux's). All of this is
 * checked with epoll_graph_lock held.
 */
#include <abi/syscalls.h>
#include <arch/uaccess.h>

#include "epoll.h"

#define EPOLL_CTL_ADD 1
#define EPOLL_CTL_DEL 2
#define EPOLL_CTL_MOD 3

/* Events and flags allowed with EPOLLEXCLUSIVE, epoll_ctl(2). */
#define EXCLUSIVE_EVENTS                                                                           \
    (POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM | POLLERR | POLLHUP | EPOLLWAKEUP | EPOLLET |      \
     EPOLLEXCLUSIVE)

#define NR_STEPS_MAX 4u /* between the five epoll files of a chain */
#define CIRCLE       UINT32_MAX

/* ---- limits of the watch graph; all REQUIRES(epoll_graph_lock) ---- */

static uint64_t visit_now; /* [graph] */

/* Return the length of the longest chain downwards from epoll; CIRCLE: it leads to `end`. */
static unsigned steps_below(struct epoll *epoll, const struct epoll *end)
{
    unsigned steps = 0;
    struct epoll_item *item;

    if (epoll == end)
        return CIRCLE;
    if (epoll->visit == visit_now)
        return epoll->below;
    for (unsigned i = 0; i < NR_BUCKETS; i++) {
        list_for_each_entry(item, &epoll->buckets[i], bucket_node) {
            struct epoll *inner = epoll_of(item->file);
            unsigned below = inner ? steps_below(inner, end) : 0;

            if (below == CIRCLE)
                return CIRCLE;
            if (inner)
                steps = MAX(steps, below + 1);
        }
    }
    epoll->visit = visit_now;
    epoll->below = steps;
    return steps;
}

static unsigned steps_above(struct epoll *epoll)
{
    unsigned steps = 0;

    if (epoll->visit_up == visit_now)
        return epoll->above;
    for (struct epoll_item *item = epoll->file->watchers; item; item = item->next_same)
        steps = MAX(steps, steps_above(item->epoll) + 1);
    epoll->visit_up = visit_now;
    epoll->above = steps;
    return steps;
}

static int check_chain(struct epoll *outer, struct epoll *inner)
{
    visit_now++;
    unsigned below = steps_below(inner, outer);

    if (below == CIRCLE || below + 1 + steps_above(outer) > NR_STEPS_MAX)
        return -ELOOP;
    return 0;
}

/* Count the paths upwards from file by their length; false: too many. */
static bool count_ways(const struct file *file, unsigned nr_steps, unsigned nr_ways[])
{
    static const unsigned nr_ways_max[NR_STEPS_MAX + 1] = {UINT32_MAX, 500, 100, 50, 10};

    for (struct epoll_item *item = file->watchers; item; item = item->next_same) {
        const struct file *above = item->epoll->file;

        if (!above->watchers) {
            if (++nr_ways[nr_steps] > nr_ways_max[nr_steps])
                return false;
        } else if (nr_steps == NR_STEPS_MAX || !count_ways(above, nr_steps + 1, nr_ways)) {
            return false;
        }
    }
    return true;
}

/* Check the number of paths from file, or from each file below an epoll file. The caller has taken
 * a new visit_now. */
static bool are_ways_few(const struct file *file)
{
    unsigned nr_ways[NR_STEPS_MAX + 1] = {0};
    struct epoll *epoll = epoll_of(file);
    struct epoll_item *item;

    if (!epoll)
        return count_ways(file, 0, nr_ways);
    if (epoll->visit == visit_now)
        return true;
    epoll->visit = visit_now;
    for (unsigned i = 0; i < NR_BUCKETS; i++) {
        list_for_each_entry(item, &epoll->buckets[i], bucket_node)
            if (!are_ways_few(item->file))
                return false;
    }
    return true;
}

/* ---- items ---- */

static struct epoll_item *item_find(struct epoll *epoll, const struct file *file, int fd)
    REQUIRES(&epoll->lock)
{
    struct epoll_item *item;

    list_for_each_entry(item, &epoll->buckets[(unsigned)fd % NR_BUCKETS], bucket_node)
        if (item->fd == fd && item->file == file)
            return item;
    return NULL;
}

/* Errors and hang-ups are always reported. */
static void item_set(struct epoll_item *item, const struct linux_epoll_event *event)
    REQUIRES(&item->epoll->lock)
{
    WRITE_ONCE(item->events, event->events | POLLERR | POLLHUP);
    item->data = event->data;
}

static int item_make(struct epoll *epoll, struct file *file, int fd,
                     const struct linux_epoll_event *event)
    REQUIRES(&epoll_graph_lock, &epoll->lock)
{
    struct epoll_item *item = epoll_item_alloc(epoll, file, fd);
    bool is_chain = epoll_of(file) || epoll->file->watchers;

    if (!item)
        return -ENOMEM;
    SAME_LOCK(&item->epoll->lock, &epoll->lock);
    visit_now++;
    if (is_chain && !are_ways_few(file)) {
        epoll_item_free(item);
        return -EINVAL;
    }
    item_set(item, event);
    epoll_item_start(item);
    epoll_item_check(item);
    return 0;
}

static int add_item(struct epoll *epoll, struct file *file, int fd,
                    const struct linux_epoll_event *event)
{
    struct epoll *inner = epoll_of(file);
    int ret = 0;

    mutex_lock(&epoll_graph_lock);
    if (inner)
        ret = check_chain(epoll, inner);
    if (ret == 0) {
        mutex_lock(&epoll->lock);
        ret = item_find(epoll, file, fd) ? -EEXIST : item_make(epoll, file, fd, event);
        mutex_unlock(&epoll->lock);
    }
    mutex_unlock(&epoll_graph_lock);
    return ret;
}

static int modify_item(struct epoll *epoll, struct file *file, int fd,
                       const struct linux_epoll_event *event)
{
    int ret = 0;

    mutex_lock(&epoll->lock);
    struct epoll_item *item = item_find(epoll, file, fd);

    if (!item) {
        ret = -ENOENT;
    } else if ((item->events & EPOLLEXCLUSIVE) != 0) {
        ret = -EINVAL;
    } else {
        SAME_LOCK(&item->epoll->lock, &epoll->lock);
        item_set(item, event);
        epoll_item_check(item);
    }
    mutex_unlock(&epoll->lock);
    return ret;
}

static int remove_item(struct epoll *epoll, struct file *file, int fd)
{
    mutex_lock(&epoll_graph_lock);
    mutex_lock(&epoll->lock);
    struct epoll_item *item = item_find(epoll, file, fd);

    SAME_LOCK(&item->epoll->lock, &epoll->lock);
    if (item)
        epoll_item_free(item);
    mutex_unlock(&epoll->lock);
    mutex_unlock(&epoll_graph_lock);
    return item ? 0 : -ENOENT;
}

static int check_exclusive(int op, const struct file *file, uint32_t events)
{
    if (op == EPOLL_CTL_DEL || (events & EPOLLEXCLUSIVE) == 0)
        return 0;
    if (op == EPOLL_CTL_MOD || epoll_of(file) || (events & ~EXCLUSIVE_EVENTS) != 0)
        return -EINVAL;
    return 0;
}

static int control(struct file *ep, int op, int fd, struct file *file,
                   const struct linux_epoll_event *event)
{
    struct epoll *epoll = epoll_of(ep);

    if (!file->ops->poll)
        return (file->flags & O_PATH) != 0 ? -EBADF : -EPERM; /* regular files, directories */
    if (!epoll || ep == file)
        return -EINVAL;
    int ret = check_exclusive(op, file, event->events);

    if (ret != 0)
        return ret;
    switch (op) {
    case EPOLL_CTL_ADD:
        return add_item(epoll, file, fd, event);
    case EPOLL_CTL_MOD:
        return modify_item(epoll, file, fd, event);
    case EPOLL_CTL_DEL:
        return remove_item(epoll, file, fd);
    default:
        return -EINVAL;
    }
}

int64_t sys_epoll_ctl(int epfd, int op, int fd, vaddr_t uevent)
{
    struct linux_epoll_event event = {0};
    struct fd_ref ep;
    struct fd_ref target;

    if (op != EPOLL_CTL_DEL && copy_from_user(&event, uevent, sizeof(event)) != 0)
        return -EFAULT;
    int64_t ret = fd_ref_get(epfd, &ep);

    if (ret != 0)
        return ret;
    ret = fd_ref_get(fd, &target);
    if (ret == 0) {
        ret = control(ep.file, op, fd, target.file, &event);
        fd_ref_put(&target);
    }
    fd_ref_put(&ep);
    return ret;
}
