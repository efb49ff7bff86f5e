/*
 * Lock statistics (LOCKSTAT=1): for each class of locks how often it was taken and waited for, and
 * for how many instructions it was held. Nothing in other builds.
 *
 * A lock carries the mark of its holder, so that a lock handed from thread to thread (a run
 * queue's) counts as held all the while. Locks made at the same place, or of the same name, are one
 * class, as for the order check (<lock/order.h>). "Instructions" are those of `instret`: under
 * QEMU's -icount all that ran on the machine in between, so they repeat on one hart; without it
 * they are the host's ticks.
 */
#ifndef LOCK_STAT_H
#define LOCK_STAT_H

#include <base/types.h>

struct lock_stat {
    const char *name;
    bool is_single;        /* one lock of the class was ever taken */
    uint64_t nr_taken;     /* to write, or exclusively */
    uint64_t nr_shared;    /* to read: such holders do not meet, and their time does not count */
    uint64_t nr_waits;     /* found taken */
    uint64_t waited;       /* instructions */
    uint64_t held;         /* instructions, exclusively */
    uint64_t worst;        /* of one hold */
    uint64_t worst_masked; /* of one hold that was taken with interrupts masked */
};

#ifdef LOCKSTAT

/* Statistics of one lock, owned by its holder, except lock_class, which is set at first use. */
struct lock_mark {
    uint64_t since;
    uint32_t lock_class; /* index + 1; 0: not known yet */
    bool is_masked;
};

uint64_t lock_stat_now(void);
/* Any context. The lock is ours. waited_since: when the wait began; 0 without one. */
void lock_stat_acquired(struct lock_mark *mark, const char *name, uint64_t waited_since);
void lock_stat_acquired_shared(struct lock_mark *mark, const char *name, uint64_t waited_since);
/* The lock is still ours. */
void lock_stat_release(struct lock_mark *mark);
/* Get the figures of a class by number, not a consistent snapshot; false: no such class. */
bool lock_stat_read(uint32_t number, struct lock_stat *out);
/* Reset all counts. */
void lock_stat_reset(void);

#define LOCK_MARK struct lock_mark mark;
#else

#define LOCK_MARK
#define lock_stat_now()                              ((uint64_t)0)
#define lock_stat_acquired(mark, name, since)        ((void)(since))
#define lock_stat_acquired_shared(mark, name, since) ((void)(since))
#define lock_stat_release(mark)                      ((void)0)

#endif
#endif
