/*
 * Shared by the files of epoll only: epoll.c (items and the ready list), epoll_ctl.c (who may watch
 * whom), epoll_wait.c (handing events out).
 */
#ifndef FILE_EPOLL_H
#define FILE_EPOLL_H

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

struct epoll {
    struct file *file;               /* [I] whose private this is */
    struct mutex lock;               /* of one that another one watches: after that one's */
    struct list buckets[NR_BUCKETS]; /* [graph and lock; either to read] items by descriptor */
    struct spinlock ready_lock;
    struct list ready;        /* [ready_lock] items that were told of an event, oldest first */
    struct list scan;         /* [ready_lock] of a scan: items that it has yet to ask */
    bool is_scanning;         /* [ready_lock] */
    struct wait_queue queue;  /* of epoll_wait */
    struct poll_head poll;    /* of who polls the epoll file itself */
    uint64_t visit_up, visit; /* [graph] the last walk that came here ... */
    unsigned above, below;    /* [graph] ... and the longest chains of epoll files it found */
};

struct epoll_item {
    struct poll_entry entry;
    struct epoll *epoll;           /* [I] */
    struct file *file;             /* [I] no reference: file_gone takes the item out */
    struct epoll_item *next_same;  /* [graph] further items of the file: file->watchers */
    struct epoll_item **same_link; /* [graph] what points to this one */
    struct list bucket_node;       /* [graph and lock] */
    struct list ready_node;        /* [ready_lock] */
    int fd;                        /* [I] */
    uint32_t events;               /* [lock] read racily by wake; only flags: disarmed */
    uint64_t data;                 /* [lock] */
    bool is_added;                 /* [lock] to the file's poll_head */
};

extern struct mutex epoll_graph_lock;
extern const struct file_ops epoll_ops;

static inline struct epoll *epoll_of(const struct file *file)
{
    return file->ops == &epoll_ops ? file->private : NULL;
}

/* ---- epoll.c ---- */

/* REQUIRES(epoll_graph_lock, epoll->lock) both. NULL: no memory. item_free frees it, too. */
struct epoll_item *epoll_item_alloc(struct epoll *epoll, struct file *file, int fd);
void epoll_item_free(struct epoll_item *item);
/* From now on the file tells the item of events. REQUIRES(epoll->lock). */
void epoll_item_start(struct epoll_item *item);
/* What of the item's wishes holds now. depth: how many epolls' locks are held outside its own.
 * REQUIRES(epoll->lock). */
unsigned epoll_item_ask(const struct epoll_item *item, unsigned depth);
/* If the item has an event now, somebody is woken for it. REQUIRES(epoll->lock). */
void epoll_item_check(struct epoll_item *item);

/*
 * A scan asks the items that were told of events, one after the other: REQUIRES(epoll->lock)
 * throughout. An item that next gave out is in no list, so that an event after the question puts it
 * back. end wakes a waiter if something is left, since the scanner may have been woken alone.
 */
void epoll_scan_begin(struct epoll *epoll);
struct epoll_item *epoll_scan_next(struct epoll *epoll); /* NULL: all were asked */
void epoll_scan_keep(struct epoll_item *item);           /* it stays ready, before the others */
void epoll_scan_again(struct epoll_item *item);          /* it stays ready, behind the others */
void epoll_scan_end(struct epoll *epoll);
/* Is there anything to scan, or a scan in progress that may leave something? */
bool epoll_has_ready(struct epoll *epoll);

#endif
