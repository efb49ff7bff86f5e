/*
 * epoll(7). An epoll file keeps an item for each (file, descriptor) that it watches. An item whose
 * file reports an event goes to the ready list, and epoll_wait polls the file for its present
 * events. An item leaves the list when the file has no events, or when an edge-triggered event was
 * delivered; a level-triggered one stays for the next call and for other waiters. A wake-up goes to
 * one waiter, which passes it on if events are left.
 *
 * Items hold no reference to their files: closing a file removes its items (file_gone).
 *
 * Epoll files may watch each other, in a graph without cycles, at most five deep (epoll_ctl.c).
 * Events go up by poll_notify_from(), from one poll_head to the next with all heads locked; polls
 * go down by epoll_item_ask(), from one epoll's lock to the next.
 *
 * Locks, outermost first: epoll_graph_lock (mutex) guards the watch graph; each epoll's lock
 * (mutex) its items, the outer of two epolls first; ready_lock (spin, interrupts off, below the
 * poll_head's lock) the ready list. Waiting for events takes only the second and third.
 */
#include "epoll.h"

#include <abi/syscalls.h>
#include <heap/heap.h>
#include <string/string.h>

struct mutex epoll_graph_lock = MUTEX_INIT(epoll_graph_lock);

/* ---- the ready list ---- */

static void make_ready(struct epoll_item *item)
{
    struct epoll *epoll = item->epoll;
    unsigned long flags = spin_lock_irqsave(&epoll->ready_lock);

    if (!list_is_linked(&item->ready_node))
        list_add_tail(&epoll->ready, &item->ready_node);
    spin_unlock_irqrestore(&epoll->ready_lock, flags);
}

static bool tell_waiters(struct epoll_item *item, const struct poll_head *from)
{
    struct epoll *epoll = item->epoll;
    bool is_taken = wait_wake_one(&epoll->queue) > 0;

    poll_notify_from(&epoll->poll, from, POLLIN | POLLRDNORM);
    return is_taken;
}

static bool item_wake(struct poll_entry *entry, unsigned events)
{
    struct epoll_item *item = container_of(entry, struct epoll_item, entry);

    if ((events & READ_ONCE(item->events) & ~EPOLL_FLAGS) == 0)
        return false;
    make_ready(item);
    return tell_waiters(item, entry->head);
}

/* ---- asking ---- */

unsigned epoll_ask(struct epoll *epoll, unsigned depth)
{
    struct epoll_item *item;

    if (!epoll_has_ready(epoll))
        return 0;
    mutex_lock_nested(&epoll->lock, depth);
    item = epoll_scan_begin(epoll);
    while (item && epoll_item_ask(item, depth) == 0)
        item = epoll_scan_next(epoll, NULL);
    epoll_scan_end(epoll, item, NULL);
    mutex_unlock(&epoll->lock);
    return item ? POLLIN | POLLRDNORM : 0;
}

void epoll_item_check(struct epoll_item *item)
{
    if (epoll_item_ask(item, 0) == 0)
        return;
    make_ready(item);
    (void)tell_waiters(item, NULL);
}

/* ---- items ---- */

struct epoll_item *epoll_item_alloc(struct epoll *epoll, struct file *file, int fd)
{
    struct epoll_item *item = heap_zalloc(sizeof(*item));

    if (!item)
        return NULL;
    item->epoll = epoll;
    item->file = file;
    item->fd = fd;
    item->entry.wake = item_wake;
    list_init(&item->ready_node);
    list_add_tail(&epoll->buckets[(unsigned)fd % NR_BUCKETS], &item->bucket_node);
    item->next_same = file->watchers;
    item->same_link = (struct epoll_item **)&file->watchers;
    if (item->next_same)
        item->next_same->same_link = &item->next_same;
    file->watchers = item;
    return item;
}

void epoll_item_start(struct epoll_item *item)
{
    struct epoll *inner = epoll_of(item->file);
    struct poll_head *head = NULL;

    if (inner)
        head = &inner->poll;
    else
        (void)file_poll(item->file, &head);
    if (!head)
        return;
    item->entry.is_exclusive = (item->events & EPOLLEXCLUSIVE) != 0;
    poll_add(head, &item->entry);
    item->is_added = true;
}

void epoll_item_free(struct epoll_item *item)
{
    if (item->is_added)
        poll_remove(&item->entry);
    unsigned long flags = spin_lock_irqsave(&item->epoll->ready_lock);

    if (list_is_linked(&item->ready_node))
        list_del_init(&item->ready_node);
    spin_unlock_irqrestore(&item->epoll->ready_lock, flags);
    list_del(&item->bucket_node);
    if (item->next_same)
        item->next_same->same_link = item->same_link;
    /* Last: a closing file tests its watchers without the lock, and is freed if it has none. */
    __atomic_store_n(item->same_link, item->next_same, __ATOMIC_RELEASE);
    heap_free(item);
}

static void watched_file_gone(struct file *file)
{
    struct epoll_item *item;

    mutex_lock(&epoll_graph_lock);
    while ((item = file->watchers) != NULL) {
        struct epoll *epoll = item->epoll;

        mutex_lock(&epoll->lock);
        SAME_LOCK(&item->epoll->lock, &epoll->lock);
        epoll_item_free(item);
        mutex_unlock(&epoll->lock);
    }
    mutex_unlock(&epoll_graph_lock);
}

/* ---- the epoll file ---- */

static void epoll_release(struct file *file)
{
    struct epoll *epoll = file->private;
    struct epoll_item *item;
    struct epoll_item *next;

    mutex_lock(&epoll_graph_lock);
    mutex_lock(&epoll->lock);
    for (unsigned i = 0; i < NR_BUCKETS; i++) {
        list_for_each_entry_safe(item, next, &epoll->buckets[i], bucket_node) {
            SAME_LOCK(&item->epoll->lock, &epoll->lock);
            epoll_item_free(item);
        }
    }
    mutex_unlock(&epoll->lock);
    mutex_unlock(&epoll_graph_lock);
    heap_free(epoll);
}

static unsigned epoll_poll(struct file *file, struct poll_head **head)
{
    struct epoll *epoll = file->private;

    if (head)
        *head = &epoll->poll;
    return epoll_ask(epoll, 0);
}

static int epoll_describe(struct file *file, char *buf, size_t size)
{
    (void)file;
    return (int)strlcpy(buf, "anon_inode:[eventpoll]", size);
}

const struct file_ops epoll_ops = {
    .release = epoll_release, .poll = epoll_poll, .describe = epoll_describe, .is_stream = true};

int64_t sys_epoll_create1(unsigned flags)
{
    if ((flags & ~(unsigned)O_CLOEXEC) != 0)
        return -EINVAL;
    struct epoll *epoll = heap_zalloc(sizeof(*epoll));
    struct file *file = epoll ? file_alloc(&epoll_ops, O_RDWR) : NULL;

    if (!file) {
        heap_free(epoll);
        return -ENOMEM;
    }
    file_gone = watched_file_gone;
    epoll->file = file;
    mutex_init(&epoll->lock);
    for (unsigned i = 0; i < NR_BUCKETS; i++)
        list_init(&epoll->buckets[i]);
    spin_init(&epoll->ready_lock, "epoll-ready");
    list_init(&epoll->ready);
    list_init(&epoll->scan);
    wait_queue_init(&epoll->queue);
    poll_head_init(&epoll->poll);
    file->private = epoll;
    return fd_install_or_put(file, (flags & O_CLOEXEC) != 0);
}
