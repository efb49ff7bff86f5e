/*
 * Condition variables: a wait queue whose waiters are announced before the mutex is released, so
 * that a signal given under the mutex is never lost.
 */
#include <sync/condvar.h>

#include <base/errno.h>

void cond_init(struct condvar *c)
{
    wait_queue_init(&c->wq);
}

static int cond_sleep(struct condvar *c, struct mutex *m, enum thread_state state,
                      uint64_t deadline_ns) REQUIRES(m)
{
    struct wait_entry entry;
    int ret = 0;

    wait_entry_init(&entry, true);
    wait_add(&c->wq, &entry);
    mutex_unlock(m); /* may itself sleep, so set the state after it */
    thread_block_prepare(state);
    if (READ_ONCE(entry.node.next) != &entry.node) { /* no signal yet */
        if (state == THREAD_INTERRUPTIBLE && thread_is_interrupted())
            ret = -EINTR;
        else if (!thread_block_until(deadline_ns))
            ret = -ETIMEDOUT;
    }
    thread_block_cancel();
    ret = wait_leave(&c->wq, &entry) ? ret : 0; /* a signal in time wins over the deadline */
    mutex_lock(m);
    return ret;
}

void cond_wait(struct condvar *c, struct mutex *m)
{
    (void)cond_sleep(c, m, THREAD_BLOCKED, TIME_NEVER);
}

int cond_wait_until(struct condvar *c, struct mutex *m, uint64_t deadline_ns)
{
    return cond_sleep(c, m, THREAD_BLOCKED, deadline_ns);
}

int cond_wait_interruptible(struct condvar *c, struct mutex *m)
{
    return cond_sleep(c, m, THREAD_INTERRUPTIBLE, TIME_NEVER);
}

void cond_signal(struct condvar *c)
{
    wait_wake_one(&c->wq);
}

void cond_broadcast(struct condvar *c)
{
    wait_wake_all(&c->wq);
}
