/*
 * Readiness: how poll, select and epoll learn that a file became readable or writable.
 *
 * An object that can become ready has one poll_head. Its file's poll op returns the events that
 * hold now and names that head. Who waits adds a poll_entry to the head and asks once more (an
 * event between the first answer and the adding would else be lost). The object calls poll_notify
 * at each change with the events that may hold now; every entry's wake function runs then, with the
 * head's lock held: it may wake a thread, mark an epoll item or notify a further head (that of the
 * epoll file: poll_notify_from), and must not sleep or take the head's lock.
 *
 * Exclusive entries are for those of whom one is enough: they stand behind the others, and are
 * asked until one has taken the event.
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
        GUARDED_BY(&lock); /* [lock] how many heads are held outside this one while it notifies */
};

struct poll_entry {
    struct list node GUARDED_BY(&OWN(head)->lock); /* [head->lock] */
    struct poll_head *head;                        /* [I] while added */
    bool is_exclusive;                             /* [I] */
    /* True: somebody will see to the event, so that no further exclusive entry need be asked. */
    bool (*wake)(struct poll_entry *entry, unsigned events);
};

#define POLL_HEAD_INIT(name)                                                                       \
    {                                                                                              \
        .lock = SPINLOCK_INIT("poll"), .entries = LIST_INIT((name).entries),                       \
    }
void poll_head_init(struct poll_head *head);
void poll_add(struct poll_head *head, struct poll_entry *entry);
/* No wake of this entry runs after it returned. */
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

/* For a wake function of an entry of `from`. Heads that notify each other make no circle. */
static inline void poll_notify_from(struct poll_head *head, const struct poll_head *from,
                                    unsigned events)
{
    if (!POLL_IS_UNWATCHED(head))
        poll_notify_slow(head, from, events);
}

#endif
