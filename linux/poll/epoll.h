/*
 * Shared by the files of epoll only: epoll.c (items and the ready list), epoll_ctl.c (changes of
 * the watch graph), epoll_wait.c (delivery of events).
 */
#ifndef POLL_EPOLL_H
#define POLL_EPOLL_H

#include <lock/spinlock.h>
#include <sync/mutex.h>
#include <sync/waitqueue.h>

#include "internal.h"

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

extern struct mutex epoll_graph_lock;

struct epoll {
    struct file *file;               /* [I] the epoll file itself */
    struct mutex lock;               /* taken after the lock of an epoll that watches this one */
    struct list buckets[NR_BUCKETS]; /* [graph and lock; either to read] items by descriptor */
    struct spinlock ready_lock;
    struct list ready GUARDED_BY(&ready_lock); /* [ready_lock] items with an event, oldest first */
    struct list scan GUARDED_BY(&ready_lock);  /* [ready_lock] items that a scan has yet to poll */
    bool is_scanning GUARDED_BY(&ready_lock);  /* [ready_lock] */
    struct wait_queue queue;                   /* of epoll_wait */
    struct poll_head poll;                     /* pollers of the epoll file itself */
    uint64_t visit_up, visit;                  /* [graph] last walk that visited this epoll ... */
    unsigned above, below; /* [graph] ... and the lengths of the longest chains that it found */
};

/*
 * [r] the epoll's ready_lock (unchecked: who has it walks that epoll's own items)
 * [graph and lock] both to change, either to read (unchecked: clang knows no lock that is one of
 * two) [w] the epoll's lock to write (unchecked: one word, which wake reads without)
 */
struct epoll_item {
    struct poll_entry entry;
    struct epoll *epoll;           /* [I] */
    struct file *file;             /* [I] no reference: closing the file removes the item */
    struct epoll_item *next_same;  /* [graph] further items of the file: file->watchers */
    struct epoll_item **same_link; /* [graph] link that points to this item */
    struct list bucket_node;       /* [graph and lock] */
    struct list ready_node;        /* [r] */
    int fd;                        /* [I] */
    uint32_t events;               /* [w] only flags left: disarmed */
    uint64_t data GUARDED_BY(&OWN(epoll)->lock); /* [lock] */
    bool is_added GUARDED_BY(&OWN(epoll)->lock); /* [lock] entry in the file's poll_head */
};

extern const struct file_ops epoll_ops;

static inline struct epoll *epoll_of(const struct file *file)
{
    return file->ops == &epoll_ops ? file->private : NULL;
}

/* ---- epoll.c ---- */

/* NULL: no memory. item_free() also frees an item that was never added. */
struct epoll_item *epoll_item_alloc(struct epoll *epoll, struct file *file, int fd)
    REQUIRES(&epoll_graph_lock, &epoll->lock);
void epoll_item_free(struct epoll_item *item) REQUIRES(&epoll_graph_lock, &item->epoll->lock);
/* Subscribe the item to its file's events. */
void epoll_item_start(struct epoll_item *item) REQUIRES(&item->epoll->lock);
/* Put the item on the ready list and wake a waiter if it has an event now. */
void epoll_item_check(struct epoll_item *item) REQUIRES(&item->epoll->lock);

/* Return POLLIN events if the epoll has an event; items without one leave its ready list. depth:
 * how many epoll locks the caller holds. */
unsigned epoll_ask(struct epoll *epoll, unsigned depth);

/* Poll the item's file: the wanted events that hold now. REQUIRES(epoll->lock). */
static inline unsigned epoll_item_ask(const struct epoll_item *item, unsigned depth)
{
    struct epoll *inner = epoll_of(item->file);
    unsigned events = inner ? epoll_ask(inner, depth + 1) : file_poll(item->file, NULL);

    return events & item->events & ~EPOLL_FLAGS;
}

/* True if there is anything to scan, or a scan in progress may leave something. */
static inline bool epoll_has_ready(struct epoll *epoll)
{
    unsigned long flags = spin_lock_irqsave(&epoll->ready_lock);
    bool has_ready = !list_is_empty(&epoll->ready) || epoll->is_scanning;

    spin_unlock_irqrestore(&epoll->ready_lock, flags);
    return has_ready;
}

/*
 * A scan polls the items with events one by one, with epoll->lock held throughout. begin and next
 * return an item (NULL: all done) that is then in no list, so that an event after its poll puts it
 * back. An item that stays ready is passed to next or end: `again` goes behind all others, `keep`
 * in front of those not polled yet. end wakes a waiter if items are left, since the scanner may
 * have been woken alone. Each call takes ready_lock once.
 */
static inline struct epoll_item *epoll_scan_take(struct epoll *epoll) REQUIRES(&epoll->ready_lock)
{
    struct list *node = list_pop(&epoll->scan);

    return node ? list_entry(node, struct epoll_item, ready_node) : NULL;
}

/* False if an event has put the item back already. */
static inline bool epoll_scan_has(const struct epoll_item *item)
{
    return item && !list_is_linked(&item->ready_node);
}

static inline struct epoll_item *epoll_scan_begin(struct epoll *epoll) REQUIRES(&epoll->lock)
{
    unsigned long flags = spin_lock_irqsave(&epoll->ready_lock);

    list_splice_tail(&epoll->scan, &epoll->ready);
    epoll->is_scanning = true;
    struct epoll_item *item = epoll_scan_take(epoll);

    spin_unlock_irqrestore(&epoll->ready_lock, flags);
    return item;
}

static inline struct epoll_item *epoll_scan_next(struct epoll *epoll, struct epoll_item *again)
    REQUIRES(&epoll->lock)
{
    unsigned long flags = spin_lock_irqsave(&epoll->ready_lock);

    if (epoll_scan_has(again))
        list_add_tail(&epoll->ready, &again->ready_node);
    struct epoll_item *item = epoll_scan_take(epoll);

    spin_unlock_irqrestore(&epoll->ready_lock, flags);
    return item;
}

static inline void epoll_scan_end(struct epoll *epoll, struct epoll_item *keep,
                                  struct epoll_item *again) REQUIRES(&epoll->lock)
{
    unsigned long flags = spin_lock_irqsave(&epoll->ready_lock);

    if (epoll_scan_has(again))
        list_add_tail(&epoll->ready, &again->ready_node);
    list_splice(&epoll->ready, &epoll->scan);
    if (epoll_scan_has(keep))
        list_add(&epoll->ready, &keep->ready_node);
    epoll->is_scanning = false;
    bool has_more = !list_is_empty(&epoll->ready);

    spin_unlock_irqrestore(&epoll->ready_lock, flags);
    if (has_more && wait_queue_is_active(&epoll->queue))
        wait_wake_one(&epoll->queue);
}

#endif
