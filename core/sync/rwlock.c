/*
 * Reader-writer locks with direct hand-over: when the lock becomes free, the first waiter gets it,
 * and if that is a reader, so do all readers up to the next writer. Nobody who arrives later passes
 * them.
 */
#include <sync/rwlock.h>

#include <log/log.h>
#include <thread/thread.h>

#include "order.h"

/* [l] the rwlock's lock (unchecked: another object's, which it does not point to) */
struct rw_waiter {
    struct list node;      /* [l] */
    struct thread *thread; /* [I] */
    bool is_writer;        /* [I] */
    bool is_granted;       /* [l] */
};

void rwlock_init_class(struct rwlock *rw, const char *lock_class)
{
    spin_init(&rw->lock, "rwlock");
    rw->nr_readers = 0;
    rw->writer = NULL;
    list_init(&rw->waiters);
    rw->lock_class = lock_class;
}

/* True if the caller may take the lock now. A reader waits behind any waiter. */
static bool is_free(const struct rwlock *rw, bool for_writer) REQUIRES(&rw->lock)
{
    return !rw->writer && list_is_empty(&rw->waiters) && !(for_writer && rw->nr_readers);
}

static void take(struct rwlock *rw, struct thread *thread, bool for_writer) REQUIRES(&rw->lock)
{
    if (for_writer)
        rw->writer = thread;
    else
        rw->nr_readers++;
}

/* Hand the lock over to the next waiters. */
static void grant(struct rwlock *rw) REQUIRES(&rw->lock)
{
    while (!list_is_empty(&rw->waiters) && !rw->writer) {
        struct rw_waiter *first = list_first_entry(&rw->waiters, struct rw_waiter, node);
        struct thread *thread = first->thread;

        if (first->is_writer && rw->nr_readers)
            return;
        take(rw, thread, first->is_writer);
        list_del(&first->node);
        first->is_granted = true;
        thread_wake(thread);
    }
}

static void note_acquired(struct rwlock *rw, bool for_writer, uint64_t waited_since)
{
    order_acquired(rw, rw->lock_class, 0);
    if (for_writer)
        lock_stat_acquired(&rw->mark, rw->lock_class, waited_since);
    else
        lock_stat_acquired_shared(&rw->mark, rw->lock_class, waited_since);
}

static void lock(struct rwlock *rw, bool for_writer)
{
    struct rw_waiter waiter = {.thread = thread_current(), .is_writer = for_writer};
    uint64_t since = 0;
    unsigned long flags;

    order_acquire(rw, rw->lock_class, 0);
    flags = spin_lock_irqsave(&rw->lock);
    assert(rw->writer != waiter.thread);
    if (is_free(rw, for_writer)) {
        take(rw, waiter.thread, for_writer);
    } else {
        since = lock_stat_now();
        list_add_tail(&rw->waiters, &waiter.node);
        while (!waiter.is_granted) {
            thread_block_prepare(THREAD_BLOCKED);
            spin_unlock_irqrestore(&rw->lock, flags);
            thread_block();
            flags = spin_lock_irqsave(&rw->lock);
        }
    }
    spin_unlock_irqrestore(&rw->lock, flags);
    note_acquired(rw, for_writer, since);
}

static bool trylock(struct rwlock *rw, bool for_writer)
{
    unsigned long flags = spin_lock_irqsave(&rw->lock);
    bool is_mine = is_free(rw, for_writer);

    if (is_mine) {
        take(rw, thread_current(), for_writer);
        note_acquired(rw, for_writer, 0);
    }
    spin_unlock_irqrestore(&rw->lock, flags);
    return is_mine;
}

void rwlock_read_lock(struct rwlock *rw) NO_LOCK_CHECK("it is the lock")
{
    lock(rw, false);
}

void rwlock_write_lock(struct rwlock *rw) NO_LOCK_CHECK("it is the lock")
{
    lock(rw, true);
}

bool rwlock_read_trylock(struct rwlock *rw)
{
    return trylock(rw, false);
}

bool rwlock_write_trylock(struct rwlock *rw)
{
    return trylock(rw, true);
}

void rwlock_read_unlock(struct rwlock *rw) NO_LOCK_CHECK("it is the lock")
{
    unsigned long flags = spin_lock_irqsave(&rw->lock);

    assert(rw->nr_readers > 0);
    order_release(rw);
    rw->nr_readers--;
    grant(rw);
    spin_unlock_irqrestore(&rw->lock, flags);
}

void rwlock_write_unlock(struct rwlock *rw) NO_LOCK_CHECK("it is the lock")
{
    unsigned long flags = spin_lock_irqsave(&rw->lock);

    assert(rw->writer == thread_current());
    order_release(rw);
    lock_stat_release(&rw->mark);
    rw->writer = NULL;
    grant(rw);
    spin_unlock_irqrestore(&rw->lock, flags);
}

void rwlock_downgrade(struct rwlock *rw) NO_LOCK_CHECK("it is the lock")
{
    unsigned long flags = spin_lock_irqsave(&rw->lock);

    assert(rw->writer == thread_current());
    lock_stat_release(&rw->mark);
    rw->writer = NULL;
    rw->nr_readers++;
    grant(rw); /* the readers at the head, up to the first writer */
    spin_unlock_irqrestore(&rw->lock, flags);
}
