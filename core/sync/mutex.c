/*
 * Mutexes. The owner word holds the owner and a bit that is set while there are waiters, which
 * unlock must then handle.
 *
 * A woken waiter competes with running threads for the free mutex. If it loses it is marked hungry,
 * and the next unlock hands the mutex over to it directly. The bit changes only under the lock, by
 * the compare and exchange that the fast paths also use.
 */
#include <sync/mutex.h>

#include <base/errno.h>
#include <log/log.h>

#include "order.h"

#define WAITERS ((uintptr_t)1)

/* [l] the mutex's lock (unchecked: another object's, which it does not point to) */
struct mutex_waiter {
    struct list node;      /* [l] */
    struct thread *thread; /* [I] */
    bool is_hungry;        /* [l] lost once against a running thread */
    bool is_granted;       /* [l] the mutex was handed over */
};

static inline struct thread *owner_of(uintptr_t word)
{
    return (struct thread *)(word & ~WAITERS);
}

void mutex_init_class(struct mutex *m, const char *lock_class)
{
    m->owner = 0;
    spin_init(&m->lock, "mutex");
    list_init(&m->waiters);
    m->lock_class = lock_class;
}

static inline bool owner_exchange(struct mutex *m, uintptr_t *from, uintptr_t to)
{
    return __atomic_compare_exchange_n(&m->owner, from, to, false, __ATOMIC_ACQ_REL,
                                       __ATOMIC_RELAXED);
}

bool mutex_trylock(struct mutex *m)
{
    uintptr_t word = 0;

    if (!owner_exchange(m, &word, (uintptr_t)thread_current()))
        return false;
    order_acquired(m, m->lock_class, 0);
    lock_stat_acquired(&m->mark, m->lock_class, 0);
    return true;
}

/* Take a free mutex, or set the bit. True: taken. */
static bool take_or_mark(struct mutex *m) REQUIRES(&m->lock)
{
    uintptr_t word = __atomic_load_n(&m->owner, __ATOMIC_RELAXED);

    for (;;) {
        uintptr_t next =
            owner_of(word) ? word | WAITERS : (uintptr_t)thread_current() | (word & WAITERS);

        if (owner_exchange(m, &word, next))
            return !owner_of(word);
    }
}

static void clear_mark(struct mutex *m) REQUIRES(&m->lock)
{
    if (list_is_empty(&m->waiters))
        __atomic_fetch_and(&m->owner, ~WAITERS, __ATOMIC_RELAXED);
}

/* About as long as a sleep and a wake-up take. */
#define SPIN_MAX 1000

/*
 * Give an owner that runs on another CPU the time to unlock: two threads that lock in turn would
 * otherwise sleep and wake each other every time.
 */
static void wait_while_owner_runs(const struct mutex *m)
{
    for (unsigned i = 0; i < SPIN_MAX && !READ_ONCE(arch_current()->need_resched); i++) {
        struct thread *owner = owner_of(__atomic_load_n(&m->owner, __ATOMIC_RELAXED));

        if (!owner || owner == thread_current() || !thread_is_running(owner))
            return;
        arch_cpu_relax();
    }
}

static NOINLINE int lock_slow(struct mutex *m, enum thread_state state)
{
    struct mutex_waiter waiter = {.thread = thread_current()};
    unsigned long flags;
    int ret = 0;

    wait_while_owner_runs(m);
    flags = spin_lock_irqsave(&m->lock);
    assert(owner_of(__atomic_load_n(&m->owner, __ATOMIC_RELAXED)) != waiter.thread);
    list_add_tail(&m->waiters, &waiter.node);
    while (!waiter.is_granted && !take_or_mark(m)) {
        if (state == THREAD_INTERRUPTIBLE && thread_is_interrupted()) {
            ret = -EINTR;
            break;
        }
        thread_block_prepare(state);
        spin_unlock_irqrestore(&m->lock, flags);
        thread_block();
        wait_while_owner_runs(m);
        flags = spin_lock_irqsave(&m->lock);
        waiter.is_hungry = true;
    }
    if (!waiter.is_granted)
        list_del(&waiter.node);
    clear_mark(m);
    spin_unlock_irqrestore(&m->lock, flags);
    return ret;
}

static ALWAYS_INLINE void lock_at(struct mutex *m, uint32_t depth)
{
    order_acquire(m, m->lock_class, depth);
    order_acquired(m, m->lock_class, depth); /* before the call, to make it a tail call */
    if (unlikely(!arch_cas_acquire(&m->owner, 0, (uintptr_t)thread_current()))) {
        uint64_t since = lock_stat_now();

        (void)lock_slow(m, THREAD_BLOCKED);
        lock_stat_acquired(&m->mark, m->lock_class, since);
    } else {
        lock_stat_acquired(&m->mark, m->lock_class, 0);
    }
}

HOT void mutex_lock(struct mutex *m) NO_LOCK_CHECK("it is the lock")
{
    lock_at(m, 0);
}

#ifdef DEBUG
void mutex_lock_nested(struct mutex *m, uint32_t depth) NO_LOCK_CHECK("it is the lock")
{
    lock_at(m, depth);
}
#endif

int mutex_lock_interruptible(struct mutex *m)
{
    uintptr_t word = 0;
    uint64_t since = 0;
    int ret = 0;

    order_acquire(m, m->lock_class, 0);
    if (!owner_exchange(m, &word, (uintptr_t)thread_current())) {
        since = lock_stat_now();
        ret = lock_slow(m, THREAD_INTERRUPTIBLE);
    }
    if (ret == 0) {
        order_acquired(m, m->lock_class, 0);
        lock_stat_acquired(&m->mark, m->lock_class, since);
    }
    return ret;
}

static NOINLINE void unlock_slow(struct mutex *m)
{
    unsigned long flags = spin_lock_irqsave(&m->lock);
    struct mutex_waiter *first = list_first_entry_or_null(&m->waiters, struct mutex_waiter, node);

    assert(mutex_is_held(m));
    if (!first) {
        __atomic_store_n(&m->owner, 0, __ATOMIC_RELEASE);
    } else if (first->is_hungry) {
        struct thread *thread = first->thread;

        list_del(&first->node);
        __atomic_store_n(&m->owner, (uintptr_t)thread | (list_is_empty(&m->waiters) ? 0 : WAITERS),
                         __ATOMIC_RELEASE);
        first->is_granted = true; /* its frame is gone as soon as the lock is free */
        thread_wake(thread);
    } else {
        __atomic_store_n(&m->owner, WAITERS, __ATOMIC_RELEASE);
        thread_wake(first->thread);
    }
    spin_unlock_irqrestore(&m->lock, flags);
}

HOT void mutex_unlock(struct mutex *m) NO_LOCK_CHECK("it is the lock")
{
    order_release(m);
    lock_stat_release(&m->mark);
    if (unlikely(!arch_cas_release(&m->owner, (uintptr_t)thread_current(), 0)))
        unlock_slow(m);
}
