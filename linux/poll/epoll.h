/*
 * Shared by the files of epoll only: epoll.c (items and the ready list), epoll_ctl.c (who may watch
 * whom), epoll_wait.c (handing events out).
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
    struct file *file;               /* [I] whose private this is */
    struct mutex lock;               /* of one that another one watches: after that one's */
    struct list buckets[NR_BUCKETS]; /* [graph and lock; either to read] items by descriptor */
    struct spinlock ready_lock;
    struct list ready
        GUARDED_BY(&ready_lock); /* [ready_lock] items that were told of an event, oldest first */
    struct list
        scan GUARDED_BY(&ready_lock); /* [ready_lock] of a scan: items that it has yet to ask */
    bool is_scanning GUARDED_BY(&ready_lock); /* [ready_lock] */
    struct wait_queue queue;                  /* of epoll_wait */
    struct poll_head poll;                    /* of who polls the epoll file itself */
    uint64_t visit_up, visit;                 /* [graph] the last walk that came here ... */
    unsigned above, below; /* [graph] ... and the longest chains of epoll files it found */
};

/*
 * [r] the epoll's ready_lock (unchecked: who has it walks that epoll's own items)
 * [graph and lock] both to change, either to read (unchecked: clang knows no lock that is one of
 * two) [w] the epoll's lock to write (unchecked: one word, which wake reads without)
 */
struct epoll_item {
    struct poll_entry entry;
    struct epoll *epoll;           /* [I] */
    struct file *file;             /* [I] no reference: the end of the file takes the item out */
    struct epoll_item *next_same;  /* [graph] further items of the file: file->watchers */
    struct epoll_item **same_link; /* [graph] what points to this one */
    struct list bucket_node;       /* [graph and lock] */
    struct list ready_node;        /* [r] */
    int fd;                        /* [I] */
    uint32_t events;               /* [w] only flags: disarmed */
    uint64_t data GUARDED_BY(&OWN(epoll)->lock); /* [lock] */
    bool is_added GUARDED_BY(&OWN(epoll)->lock); /* [lock] to the file's poll_head */
};

extern const struct file_ops epoll_ops;

static inline struct epoll *epoll_of(const struct file *file)
{
    return file->ops == &epoll_ops ? file->private : NULL;
}

/* ---- epoll.c ---- */

/* NULL: no memory. item_free frees it, too. */
struct epoll_item *epoll_item_alloc(struct epoll *epoll, struct file *file, int fd)
    REQUIRES(&epoll_graph_lock, &epoll->lock);
void epoll_item_free(struct epoll_item *item) REQUIRES(&epoll_graph_lock, &item->epoll->lock);
/* From now on the file tells the item of events. */
void epoll_item_start(struct epoll_item *item) REQUIRES(&item->epoll->lock);
/* If the item has an event now, somebody is woken for it. */
void epoll_item_check(struct epoll_item *item) REQUIRES(&item->epoll->lock);

/* Has the epoll an event? Items that have none any more leave its ready list. depth: how many
 * epolls' locks are held outside its own. */
unsigned epoll_ask(struct epoll *epoll, unsigned depth);

/* What of the item's wishes holds now. REQUIRES(epoll->lock). */
static inline unsigned epoll_item_ask(const struct epoll_item *item, unsigned depth)
{
    struct epoll *inner = epoll_of(item->file);
    unsigned events = inner ? epoll_ask(inner, depth + 1) : file_poll(item->file, NULL);

    return events & item->events & ~EPOLL_FLAGS;
}

/* Is there anything to scan, or a scan in progress that may leave something? */
static inline bool epoll_has_ready(struct epoll *epoll)
{
    unsigned long flags = spin_lock_irqsave(&epoll->ready_lock);
    bool has_ready = !list_is_empty(&epoll->ready) || epoll->is_scanning;

    spin_unlock_irqrestore(&epoll->ready_lock, flags);
    return has_ready;
}

/*
 * A scan asks the items that were told of events, one after the other, with epoll->lock held
 * throughout. begin and next give out an item (NULL: all were asked), which then is in no list, so
 * that an event after the question puts it back. What stays ready is handed to next or end: again
 * goes behind all others, keep before those that were not asked. end wakes a waiter if something is
 * left, since the scanner may have been woken alone. Each takes the ready list's lock once.
 */
static inline struct epoll_item *epoll_scan_take(struct epoll *epoll) REQUIRES(&epoll->ready_lock)
{
    struct list *node = list_pop(&epoll->scan);

    return node ? list_entry(node, struct epoll_item, ready_node) : NULL;
}

/* No if an event has put it back already. */
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
