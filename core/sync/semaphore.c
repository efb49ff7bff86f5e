/*
 * Semaphores with direct hand-over: sem_up gives the unit to the first waiter, so a running thread
 * cannot snatch it.
 */
#include <sync/semaphore.h>

#include <base/errno.h>
#include <thread/thread.h>
#include <time/time.h>

/* [l] the semaphore's lock (unchecked: another object's, which it does not point to) */
struct sem_waiter {
    struct list node;      /* [l] */
    struct thread *thread; /* [I] */
    bool is_granted;       /* [l] */
};

void sem_init(struct semaphore *sem, uint32_t count)
{
    spin_init(&sem->lock, "semaphore");
    sem->count = count;
    list_init(&sem->waiters);
}

bool sem_trydown(struct semaphore *sem)
{
    unsigned long flags = spin_lock_irqsave(&sem->lock);
    bool is_taken = sem->count > 0;

    sem->count -= is_taken;
    spin_unlock_irqrestore(&sem->lock, flags);
    return is_taken;
}

static int down(struct semaphore *sem, enum thread_state state, uint64_t deadline_ns)
{
    struct sem_waiter waiter = {.thread = thread_current()};
    unsigned long flags = spin_lock_irqsave(&sem->lock);
    bool is_timely = true;
    int ret = 0;

    if (sem->count > 0) {
        sem->count--;
        spin_unlock_irqrestore(&sem->lock, flags);
        return 0;
    }
    list_add_tail(&sem->waiters, &waiter.node);
    while (!waiter.is_granted) {
        if (!is_timely)
            ret = -ETIMEDOUT;
        else if (state == THREAD_INTERRUPTIBLE && thread_is_interrupted())
            ret = -EINTR;
        if (ret) {
            list_del(&waiter.node);
            break;
        }
        thread_block_prepare(state);
        spin_unlock_irqrestore(&sem->lock, flags);
        is_timely = thread_block_until(deadline_ns);
        flags = spin_lock_irqsave(&sem->lock);
    }
    spin_unlock_irqrestore(&sem->lock, flags);
    return ret;
}

void sem_down(struct semaphore *sem)
{
    (void)down(sem, THREAD_BLOCKED, TIME_NEVER);
}

int sem_down_interruptible(struct semaphore *sem)
{
    return down(sem, THREAD_INTERRUPTIBLE, TIME_NEVER);
}

int sem_down_until(struct semaphore *sem, uint64_t deadline_ns)
{
    return down(sem, THREAD_BLOCKED, deadline_ns);
}

void sem_up(struct semaphore *sem)
{
    unsigned long flags = spin_lock_irqsave(&sem->lock);
    struct list *first = list_pop(&sem->waiters);

    if (first) {
        struct sem_waiter *waiter = list_entry(first, struct sem_waiter, node);

        waiter->is_granted = true;
        thread_wake(waiter->thread);
    } else {
        sem->count++;
    }
    spin_unlock_irqrestore(&sem->lock, flags);
}
