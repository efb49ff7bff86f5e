/*
 * Readiness notification for poll, select and epoll.
 *
 * An object that can become ready has one poll_head. Its file's poll op returns the present events
 * and that head. A waiter adds a poll_entry to the head and polls once more (an event in between
 * would be lost otherwise). At each change the object calls poll_notify() with the events that may
 * hold now, which runs every entry's wake function with the head's lock held: it may wake a thread,
 * mark an epoll item or notify another head (that of the epoll file: poll_notify_from()), and must
 * not sleep or take the head's lock.
 *
 * Of exclusive entries one is enough: they come after the others, and are called until one has
 * taken the event.
 */
#ifndef FILE_POLL_H
#define FILE_POLL_H

#include <base/types.h>
#include <list/list.h>
#include <lock/spinlock.h>

/* Linux's values (uapi/asm-generic/poll.h). */
#define POLLIN     0x0001u
#define POLLPRI    0x0002u
#define POLLOUT    0x0004u
#define POLLERR    0x0008u
#define POLLHUP    0x0010u
#define POLLNVAL   0x0020u
#define POLLRDNORM 0x0040u
#define POLLRDBAND 0x0080u
#define POLLWRNORM 0x0100u
#define POLLWRBAND 0x0200u
#define POLLMSG    0x0400u
#define POLLRDHUP  0x2000u

struct poll_head {
    struct spinlock lock;
    struct list entries GUARDED_BY(&lock); /* [lock] exclusive ones last */
    uint32_t depth
        GUARDED_BY(&lock); /* [lock] number of heads locked outside this one while it notifies */
};

struct poll_entry {
    struct list node GUARDED_BY(&OWN(head)->lock); /* [head->lock] */
    struct poll_head *head;                        /* [I] while added */
    bool is_exclusive;                             /* [I] */
    /* True: the event will be handled, so no further exclusive entry needs to be called. */
    bool (*wake)(struct poll_entry *entry, unsigned events);
};

#define POLL_HEAD_INIT(name)                                                                       \
    {                                                                                              \
        .lock = SPINLOCK_INIT("poll"), .entries = LIST_INIT((name).entries),                       \
    }
void poll_head_init(struct poll_head *head);
void poll_add(struct poll_head *head, struct poll_entry *entry);
/* Remove the entry. Its wake function does not run after the return. */
void poll_remove(struct poll_entry *entry);
void poll_notify_slow(struct poll_head *head, const struct poll_head *from, unsigned events);

#define POLL_IS_UNWATCHED(head)                                                                    \
    UNLOCKED(list_is_empty(&(head)->entries), "who watches looks for the event after it is added")

/* Any context, also with interrupts off. */
static inline void poll_notify(struct poll_head *head, unsigned events)
{
    if (!POLL_IS_UNWATCHED(head))
        poll_notify_slow(head, NULL, events);
}

/* poll_notify() for a wake function of an entry of `from`. Heads that notify each other form no
 * cycle. */
static inline void poll_notify_from(struct poll_head *head, const struct poll_head *from,
                                    unsigned events)
{
    if (!POLL_IS_UNWATCHED(head))
        poll_notify_slow(head, from, events);
}

#endif
