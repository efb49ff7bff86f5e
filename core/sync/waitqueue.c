/*
 * Wait queues. An entry is linked while its thread waits; a waker unlinks the entries it wakes, so
 * that each wake-up of an exclusive waiter is consumed once, and the waiter's own unlinking must
 * cope with either.
 */
#include <sync/waitqueue.h>

#include <base/errno.h>

void wait_queue_init(struct wait_queue *wq)
{
    spin_init(&wq->lock, "wait queue");
    list_init(&wq->waiters);
}

void wait_entry_init(struct wait_entry *entry, bool is_exclusive)
{
    list_init(&entry->node);
    entry->thread = thread_current();
    entry->fn = NULL;
    entry->is_exclusive = is_exclusive;
}

void wait_entry_init_fn(struct wait_entry *entry, wait_fn fn)
{
    wait_entry_init(entry, false);
    entry->fn = fn;
}

static void queue(struct wait_queue *wq, struct wait_entry *entry) REQUIRES(&wq->lock)
{
    if (list_is_linked(&entry->node))
        return;
    if (entry->is_exclusive)
        list_add_tail(&wq->waiters, &entry->node);
    else
        list_add(&wq->waiters, &entry->node);
}

void wait_add(struct wait_queue *wq, struct wait_entry *entry)
{
    unsigned long flags = spin_lock_irqsave(&wq->lock);

    queue(wq, entry);
    spin_unlock_irqrestore(&wq->lock, flags);
}

bool wait_leave(struct wait_queue *wq, struct wait_entry *entry)
{
    unsigned long flags = spin_lock_irqsave(&wq->lock);
    bool was_queued = list_is_linked(&entry->node);

    list_del_init(&entry->node);
    spin_unlock_irqrestore(&wq->lock, flags);
    return was_queued;
}

void wait_remove(struct wait_queue *wq, struct wait_entry *entry)
{
    (void)wait_leave(wq, entry);
}

void wait_prepare(struct wait_queue *wq, struct wait_entry *entry, enum thread_state state)
{
    unsigned long flags = spin_lock_irqsave(&wq->lock);

    queue(wq, entry);
    thread_block_prepare(state);
    spin_unlock_irqrestore(&wq->lock, flags);
}

void wait_finish(struct wait_queue *wq, struct wait_entry *entry)
{
    thread_block_cancel();
    /*
     * Always take the lock, even if a waker has unlinked the entry: it may still be using it, and
     * the entry is on our stack.
     */
    wait_remove(wq, entry);
}

int wait_wake(struct wait_queue *wq, int nr, uint32_t key)
{
    unsigned long flags = spin_lock_irqsave(&wq->lock);
    struct wait_entry *entry;
    struct wait_entry *next;
    int nr_woken = 0;

    list_for_each_entry_safe(entry, next, &wq->waiters, node) {
        if (entry->is_exclusive && nr <= 0)
            break;
        if (entry->fn) { /* stays queued: its owner removes it */
            nr_woken += entry->fn(entry, key);
            continue;
        }
        list_del_init(&entry->node);
        thread_wake(entry->thread);
        nr_woken++;
        nr -= entry->is_exclusive;
    }
    spin_unlock_irqrestore(&wq->lock, flags);
    return nr_woken;
}

int wait_wake_all(struct wait_queue *wq)
{
    return wait_wake(wq, INT32_MAX, 0);
}

int wait_wake_one(struct wait_queue *wq)
{
    return wait_wake(wq, 1, 0);
}

/* The common part of the two locked sleeps: queued already. */
static int sleep_queued(struct wait_queue *wq, struct wait_entry *entry, enum thread_state state,
                        uint64_t deadline_ns)
{
    int ret = 0;

    if (state == THREAD_INTERRUPTIBLE && thread_is_interrupted())
        ret = -EINTR;
    else if (!thread_block_until(deadline_ns))
        ret = -ETIMEDOUT;
    wait_finish(wq, entry);
    return ret;
}

int wait_sleep_locked(struct wait_queue *wq, struct spinlock *lock, enum thread_state state,
                      uint64_t deadline_ns)
{
    struct wait_entry entry;
    int ret;

    wait_entry_init(&entry, false);
    wait_prepare(wq, &entry, state);
    spin_unlock(lock);
    ret = sleep_queued(wq, &entry, state, deadline_ns);
    spin_lock(lock);
    return ret;
}

int wait_sleep_locked_irqrestore(struct wait_queue *wq, struct spinlock *lock, uint64_t *flags,
                                 enum thread_state state, uint64_t deadline_ns)
{
    struct wait_entry entry;
    int ret;

    wait_entry_init(&entry, false);
    wait_prepare(wq, &entry, state);
    spin_unlock_irqrestore(lock, *flags);
    ret = sleep_queued(wq, &entry, state, deadline_ns);
    *flags = spin_lock_irqsave(lock);
    return ret;
}
