/*
 * epoll(7). An epoll file keeps an item for each (file, descriptor) it watches; an item whose file
 * tells of an event goes to the ready list, from where epoll_wait asks the file what really holds.
 *
 * Items do not hold their files: closing a file takes its items out (vfs_file_gone). An epoll file
 * cannot be watched by another one (-EINVAL).
 *
 * Locks: epoll_lock (mutex) guards the items and their links to files; ready_lock (spin, interrupts
 * off, below the poll_head's lock) the ready list.
 */
#include <arch/uaccess.h>
#include <file/syscalls.h>
#include <heap/heap.h>
#include <string/string.h>
#include <sync/waitqueue.h>
#include <time/time.h>

#include "internal.h"

#define EPOLL_CTL_ADD  1
#define EPOLL_CTL_DEL  2
#define EPOLL_CTL_MOD  3
#define EPOLLEXCLUSIVE (1u << 28)
#define EPOLLWAKEUP    (1u << 29)
#define EPOLLONESHOT   (1u << 30)
#define EPOLLET        (1u << 31)
#define EPOLL_FLAGS    (EPOLLEXCLUSIVE | EPOLLWAKEUP | EPOLLONESHOT | EPOLLET)

#define NR_BUCKETS 32u

struct linux_epoll_event {
    uint32_t events;
    uint32_t pad;
    uint64_t data;
};

struct epoll {
    struct list buckets[NR_BUCKETS]; /* [epoll_lock] items by descriptor */
    struct spinlock ready_lock;
    struct list ready; /* [ready_lock] */
    struct wait_queue queue;
    struct poll_head poll;
};

struct epoll_item {
    struct poll_entry entry;
    struct epoll *epoll;          /* [I] */
    struct file *file;            /* [I] no reference */
    struct epoll_item *next_same; /* [epoll_lock] further items of the file: file->watchers */
    struct list bucket_node;      /* [epoll_lock] */
    struct list ready_node;       /* [ready_lock] */
    int fd;                       /* [I] */
    uint32_t events;              /* [epoll_lock] read racily by wake; 0 after a one-shot */
    uint64_t data;                /* [epoll_lock] */
    bool is_added;                /* [epoll_lock] to the file's poll_head */
};

static struct mutex epoll_lock = MUTEX_INIT(epoll_lock);

static void make_ready(struct epoll_item *item)
{
    struct epoll *epoll = item->epoll;
    unsigned long flags = spin_lock_irqsave(&epoll->ready_lock);

    if (!list_is_linked(&item->ready_node))
        list_add_tail(&epoll->ready, &item->ready_node);
    spin_unlock_irqrestore(&epoll->ready_lock, flags);
}

static void item_wake(struct poll_entry *entry, unsigned events)
{
    struct epoll_item *item = container_of(entry, struct epoll_item, entry);
    uint32_t wanted = READ_ONCE(item->events);

    if (wanted == 0 || (events & (wanted | POLLERR | POLLHUP)) == 0)
        return;
    make_ready(item);
    wait_wake_all(&item->epoll->queue);
    poll_notify(&item->epoll->poll, POLLIN | POLLRDNORM);
}

/* REQUIRES(epoll_lock) */
static unsigned item_ask(struct epoll_item *item)
{
    if (item->events == 0)
        return 0;
    return file_poll(item->file, NULL) & ((item->events & ~EPOLL_FLAGS) | POLLERR | POLLHUP);
}

/* Takes the item out of everything and frees it. REQUIRES(epoll_lock). */
static void item_free(struct epoll_item *item)
{
    struct epoll_item **at = (struct epoll_item **)&item->file->watchers;

    if (item->is_added)
        poll_remove(&item->entry);
    unsigned long flags = spin_lock_irqsave(&item->epoll->ready_lock);

    if (list_is_linked(&item->ready_node))
        list_del_init(&item->ready_node);
    spin_unlock_irqrestore(&item->epoll->ready_lock, flags);
    list_del(&item->bucket_node);
    while (*at != item)
        at = &(*at)->next_same;
    *at = item->next_same;
    heap_free(item);
}

static void file_gone(struct file *file)
{
    mutex_lock(&epoll_lock);
    while (file->watchers != NULL)
        item_free(file->watchers);
    mutex_unlock(&epoll_lock);
}

static void epoll_release(struct file *file)
{
    struct epoll *epoll = file->private;
    struct epoll_item *item;
    struct epoll_item *next;

    mutex_lock(&epoll_lock);
    for (unsigned i = 0; i < NR_BUCKETS; i++) {
        list_for_each_entry_safe(item, next, &epoll->buckets[i], bucket_node)
            item_free(item);
    }
    mutex_unlock(&epoll_lock);
    heap_free(epoll);
}

static unsigned epoll_poll(struct file *file, struct poll_head **head)
{
    struct epoll *epoll = file->private;

    if (head != NULL)
        *head = &epoll->poll;
    return list_is_empty(&epoll->ready) ? 0 : POLLIN | POLLRDNORM;
}

static int epoll_describe(struct file *file, char *buf, size_t size)
{
    (void)file;
    return (int)strlcpy(buf, "anon_inode:[eventpoll]", size);
}

static const struct file_ops epoll_ops = {
    .release = epoll_release, .poll = epoll_poll, .describe = epoll_describe, .is_stream = true};

SYSCALL(epoll_create1)
{
    if ((a[0] & ~(uint64_t)O_CLOEXEC) != 0)
        return -EINVAL;
    struct epoll *epoll = heap_zalloc(sizeof(*epoll));
    struct file *file = epoll == NULL ? NULL : file_alloc(&epoll_ops, NULL, O_RDWR);

    if (file == NULL) {
        heap_free(epoll);
        return -ENOMEM;
    }
    vfs_file_gone = file_gone;
    for (unsigned i = 0; i < NR_BUCKETS; i++)
        list_init(&epoll->buckets[i]);
    spin_init(&epoll->ready_lock, "epoll-ready");
    list_init(&epoll->ready);
    wait_queue_init(&epoll->queue);
    poll_head_init(&epoll->poll);
    file->private = epoll;
    return install_or_put(file, (a[0] & O_CLOEXEC) != 0);
}

/* ---- epoll_ctl ---- */

static struct epoll_item *item_find(struct epoll *epoll, const struct file *file, int fd)
{
    struct epoll_item *item;

    list_for_each_entry(item, &epoll->buckets[(unsigned)fd % NR_BUCKETS], bucket_node) {
        if (item->fd == fd && item->file == file)
            return item;
    }
    return NULL;
}

static int item_add(struct epoll *epoll, struct file *file, int fd,
                    const struct linux_epoll_event *event)
{
    struct epoll_item *item = heap_zalloc(sizeof(*item));
    struct poll_head *head = NULL;

    if (item == NULL)
        return -ENOMEM;
    item->epoll = epoll;
    item->file = file;
    item->fd = fd;
    item->events = event->events;
    item->data = event->data;
    item->entry.wake = item_wake;
    list_init(&item->ready_node);
    list_add_tail(&epoll->buckets[(unsigned)fd % NR_BUCKETS], &item->bucket_node);
    item->next_same = file->watchers;
    file->watchers = item;
    (void)file_poll(file, &head);
    if (head != NULL) {
        poll_add(head, &item->entry);
        item->is_added = true;
    }
    if (item_ask(item) != 0) {
        make_ready(item);
        wait_wake_all(&epoll->queue);
    }
    return 0;
}

static int item_modify(struct epoll_item *item, const struct linux_epoll_event *event)
{
    WRITE_ONCE(item->events, event->events);
    item->data = event->data;
    if (item_ask(item) != 0) {
        make_ready(item);
        wait_wake_all(&item->epoll->queue);
    }
    return 0;
}

static int64_t control(struct epoll *epoll, int op, int fd, struct file *file,
                       const struct linux_epoll_event *event)
{
    struct epoll_item *item = item_find(epoll, file, fd);

    switch (op) {
    case EPOLL_CTL_ADD:
        return item != NULL ? -EEXIST : item_add(epoll, file, fd, event);
    case EPOLL_CTL_MOD:
        return item == NULL ? -ENOENT : item_modify(item, event);
    case EPOLL_CTL_DEL:
        if (item == NULL)
            return -ENOENT;
        item_free(item);
        return 0;
    default:
        return -EINVAL;
    }
}

SYSCALL(epoll_ctl)
{
    struct linux_epoll_event event = {0};
    struct fd_ref ep;
    struct fd_ref target;

    if (a[1] != EPOLL_CTL_DEL && copy_from_user(&event, a[3], sizeof(event)) != 0)
        return -EFAULT;
    int64_t ret = fd_ref_get((int)a[0], &ep);

    if (ret != 0)
        return ret;
    ret = fd_ref_get((int)a[2], &target);
    if (ret == 0) {
        if (ep.file->ops != &epoll_ops || target.file->ops == &epoll_ops) {
            ret = -EINVAL;
        } else if (target.file->ops->poll == NULL) {
            ret = -EPERM; /* always ready: regular files, directories */
        } else {
            mutex_lock(&epoll_lock);
            ret = control(ep.file->private, (int)a[1], (int)a[2], target.file, &event);
            mutex_unlock(&epoll_lock);
        }
        fd_ref_put(&target);
    }
    fd_ref_put(&ep);
    return ret;
}

/* ---- epoll_pwait ---- */

static struct epoll_item *take_ready(struct epoll *epoll)
{
    unsigned long flags = spin_lock_irqsave(&epoll->ready_lock);
    struct list *node = list_pop(&epoll->ready);

    spin_unlock_irqrestore(&epoll->ready_lock, flags);
    return node == NULL ? NULL : list_entry(node, struct epoll_item, ready_node);
}

/* Hands out up to max events; their number, or -EFAULT for none. */
static int64_t collect(struct epoll *epoll, uint64_t uevents, unsigned max)
{
    struct epoll_item *item;
    LIST_DEFINE(again); /* level-triggered items that stay ready, for the next call */
    int64_t nr = 0;

    mutex_lock(&epoll_lock);
    while (nr < (int64_t)max && (item = take_ready(epoll)) != NULL) {
        struct linux_epoll_event event = {.events = item_ask(item), .data = item->data};

        if (event.events == 0)
            continue;
        if (copy_to_user(uevents + (uint64_t)nr * sizeof(event), &event, sizeof(event)) != 0) {
            make_ready(item);
            if (nr == 0)
                nr = -EFAULT;
            break;
        }
        nr++;
        if ((item->events & EPOLLONESHOT) != 0) {
            WRITE_ONCE(item->events, 0);
        } else if ((item->events & EPOLLET) == 0) {
            unsigned long flags = spin_lock_irqsave(&epoll->ready_lock);

            if (!list_is_linked(&item->ready_node))
                list_add_tail(&again, &item->ready_node);
            spin_unlock_irqrestore(&epoll->ready_lock, flags);
        }
    }
    unsigned long flags = spin_lock_irqsave(&epoll->ready_lock);

    list_splice_tail(&epoll->ready, &again);
    spin_unlock_irqrestore(&epoll->ready_lock, flags);
    mutex_unlock(&epoll_lock);
    return nr;
}

static int64_t wait_events(int fd, uint64_t uevents, int max, uint64_t deadline_ns)
{
    struct fd_ref ref;

    if (max <= 0 || max > INT32_MAX / (int)sizeof(struct linux_epoll_event))
        return -EINVAL;
    int64_t ret = fd_ref_get(fd, &ref);

    if (ret != 0)
        return ret;
    if (ref.file->ops != &epoll_ops) {
        fd_ref_put(&ref);
        return -EINVAL;
    }
    struct epoll *epoll = ref.file->private;

    for (;;) {
        ret = list_is_empty(&epoll->ready) ? 0 : collect(epoll, uevents, (unsigned)max);
        if (ret != 0 || deadline_ns == 0)
            break;
        ret = wait_event_interruptible_until(&epoll->queue, !list_is_empty(&epoll->ready),
                                             deadline_ns);
        if (ret != 0) {
            ret = ret == -ETIMEDOUT ? 0 : ret;
            break;
        }
    }
    fd_ref_put(&ref);
    return ret;
}

static int64_t mask_and_wait(const uint64_t *a, uint64_t deadline_ns)
{
    sigset64_t mask;

    if (a[4] != 0) {
        if (a[5] != sizeof(mask))
            return -EINVAL;
        if (copy_from_user(&mask, a[4], sizeof(mask)) != 0)
            return -EFAULT;
        signal_mask_for_call(mask);
    }
    int64_t ret = wait_events((int)a[0], a[1], (int)a[2], deadline_ns);

    return ret == -EINTR ? -ERESTARTNOHAND : ret;
}

SYSCALL(epoll_pwait)
{
    int32_t timeout_ms = (int32_t)a[3];
    uint64_t deadline = TIME_NEVER;

    if (timeout_ms == 0)
        deadline = 0;
    else if (timeout_ms > 0)
        deadline = time_deadline_ns((uint64_t)timeout_ms * NS_PER_MSEC);
    return mask_and_wait(a, deadline);
}

SYSCALL(epoll_pwait2)
{
    uint64_t deadline;
    int ret = deadline_of_user(a[3], &deadline);

    return ret != 0 ? ret : mask_and_wait(a, deadline);
}
