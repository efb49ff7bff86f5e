/*
 * Life cycle of a thread: creation, end, release. Scheduling is in the other files.
 *
 * The end has two halves. On its own stack a thread marks itself dead and leaves its CPU for good.
 * The thread that runs there next (thread_left) then declares it exited: from that moment nobody
 * uses its stack. A joiner waits for that and releases it; a detached one goes to the reaper, a
 * thread that exists as soon as anything was ever detached.
 */
#include "runq.h"

#include <base/errno.h>
#include <heap/heap.h>
#include <kmap/kmap.h>
#include <log/log.h>
#include <string/string.h>

static struct spinlock list_lock = SPINLOCK_INIT("thread list");
static struct list all_threads GUARDED_BY(&list_lock) = LIST_INIT(all_threads);
static uint32_t next_id GUARDED_BY(&list_lock);

/* Dead detached threads, linked through all_node. [l] lock */
static struct {
    struct spinlock lock;
    struct list dead GUARDED_BY(&lock);      /* [l] */
    struct thread *thread GUARDED_BY(&lock); /* [l] */
    bool is_starting GUARDED_BY(&lock);      /* [l] */
} reaper = {.lock = SPINLOCK_INIT("reaper"), .dead = LIST_INIT(reaper.dead)};

COLD void thread_init_fields(struct thread *t, const char *name)
{
    unsigned long flags;

    t->affinity = ~(cpumask_t)0;
    sched_entity_init(entity_of(t), 0);
    spin_init(&t->exit_lock, "thread exit");
    strlcpy(t->name, name, sizeof(t->name));
    flags = spin_lock_irqsave(&list_lock);
    t->id = next_id++;
    list_add_tail(&all_threads, &t->all_node);
    spin_unlock_irqrestore(&list_lock, flags);
}

static void list_remove(struct thread *t)
{
    unsigned long flags = spin_lock_irqsave(&list_lock);

    list_del(&t->all_node);
    spin_unlock_irqrestore(&list_lock, flags);
}

void thread_for_each(void (*fn)(struct thread *thread, void *ctx), void *ctx)
{
    unsigned long flags = spin_lock_irqsave(&list_lock);
    struct thread *t;

    list_for_each_entry(t, &all_threads, all_node)
        fn(t, ctx);
    spin_unlock_irqrestore(&list_lock, flags);
}

struct thread *thread_alloc(void)
{
    struct thread *t = heap_zalloc(sizeof(*t) + THREAD_LOCAL_SIZE);

    if (t)
        memcpy(t + 1, __kernel_tls_start, (size_t)(__kernel_tls_data_end - __kernel_tls_start));
    return t;
}

/* First code on a new stack: interrupts masked, this CPU's run-queue lock held. */
static void thread_entry(void *arg)
{
    struct thread *t = arg;

    rq_finish_first_switch();
    arch_irq_enable();
    t->fn(t->arg);
    thread_exit();
}

/* Initialise a thread in zeroed memory. */
static int init(struct thread *t, thread_fn fn, void *arg, const char *name,
                const struct thread_attr *attr)
{
    static const struct thread_attr defaults;
    size_t stack_size;
    void *stack;

    attr = attr ? attr : &defaults;
    if (attr->nice < SCHED_NICE_MIN || attr->nice > SCHED_NICE_MAX ||
        (attr->affinity && !(attr->affinity & cpus_online)))
        return -EINVAL;
    stack_size = attr->stack_size ? attr->stack_size : THREAD_STACK_SIZE;
    stack = attr->stack ? attr->stack : kmap_alloc_stack(stack_size);
    if (!stack)
        return -ENOMEM;
    arch_thread_init(&t->arch, stack, stack_size, thread_entry, t);
    t->is_stack_owned = !attr->stack;
    t->fn = fn;
    t->arg = arg;
    t->ops = attr->ops;
    t->care = THREAD_CARE_NEW | (attr->ops ? THREAD_CARE_OPS : 0);
    thread_init_fields(t, name);
    t->affinity = attr->affinity ? attr->affinity : thread_current()->affinity;
    t->nice = (int8_t)attr->nice;
    sched_entity_init(entity_of(t), attr->nice);
    t->cpu = (int32_t)cpu_index();
    return 0;
}

int thread_init(struct thread *t, thread_fn fn, void *arg, const char *name,
                const struct thread_attr *attr)
{
    if (THREAD_LOCAL_SIZE != 0)
        return -EOPNOTSUPP;
    memset(t, 0, sizeof(*t));
    return init(t, fn, arg, name, attr);
}

/* Release everything of a dead thread but the struct itself. */
static void give_back_stack(struct thread *t)
{
    if (t->is_stack_owned)
        kmap_free_stack((void *)t->arch.stack_base, t->arch.stack_size);
}

COLD void thread_fini(struct thread *t)
{
    assert(t->state == THREAD_NEW);
    list_remove(t);
    give_back_stack(t);
}

void thread_start(struct thread *t)
{
    unsigned long flags = arch_irq_save();

    assert(t->state == THREAD_NEW);
    WRITE_ONCE(t->state, THREAD_RUNNABLE);
    rq_place(t, SCHED_NEW);
    arch_irq_restore(flags);
    preempt_check();
}

struct thread *thread_create(thread_fn fn, void *arg, const char *name,
                             const struct thread_attr *attr)
{
    struct thread *t = thread_alloc();

    if (!t)
        return NULL;
    if (init(t, fn, arg, name, attr)) {
        heap_free(t);
        return NULL;
    }
    t->is_allocated = true;
    thread_start(t);
    return t;
}

/* Release a thread that is dead, exited and off the list of all threads. Thread context. */
static void thread_release(struct thread *t)
{
    bool is_allocated = t->is_allocated;

    give_back_stack(t);
    if (t->ops && t->ops->release)
        t->ops->release(t);
    else if (is_allocated)
        heap_free(t);
}

void thread_exit(void)
{
    struct thread *t = thread_current();

    if (unlikely(t->nr_locks != 0))
        panic("%s ends with %u locks held %s", t->name, t->nr_locks, lock_order_last(&t->held));
    arch_irq_disable();
    assert(t->arch.preempt_count == 0);
    spin_lock_no_preempt(&this_rq()->lock);
    WRITE_ONCE(t->state, THREAD_DEAD);
    t->is_leaving = true;
    rq_leave(this_rq(), t, LEAVE_BLOCK);
    panic("a dead thread runs");
}

static COLD void thread_bury(struct thread *t)
{
    unsigned long flags;

    list_remove(t);
    flags = spin_lock_irqsave(&reaper.lock);
    list_add_tail(&reaper.dead, &t->all_node);
    if (reaper.thread)
        thread_wake(reaper.thread);
    spin_unlock_irqrestore(&reaper.lock, flags);
}

void thread_left(struct thread *t)
{
    unsigned long flags;
    bool is_detached;

    if (READ_ONCE(t->state) != THREAD_DEAD) {
        rq_place(t, SCHED_MIGRATE);
        return;
    }
    flags = spin_lock_irqsave(&t->exit_lock);
    t->has_exited = true;
    is_detached = t->is_detached;
    if (t->joiner)
        thread_wake(t->joiner); /* under the lock: it does not release us before that is free */
    spin_unlock_irqrestore(&t->exit_lock, flags);
    if (is_detached)
        thread_bury(t);
}

static bool join_is_over(struct thread *t)
{
    unsigned long flags = spin_lock_irqsave(&t->exit_lock);
    bool has_exited = t->has_exited;

    assert(!t->is_detached && (!t->joiner || t->joiner == thread_current()));
    t->joiner = thread_current();
    spin_unlock_irqrestore(&t->exit_lock, flags);
    return has_exited;
}

void thread_join(struct thread *t)
{
    assert(t != thread_current());
    for (;;) {
        thread_block_prepare(THREAD_BLOCKED);
        if (join_is_over(t))
            break;
        thread_block();
    }
    thread_block_cancel();
    list_remove(t);
    thread_release(t);
}

/* Release the dead threads; false: there were none. */
static COLD bool reap_one(void)
{
    unsigned long flags = spin_lock_irqsave(&reaper.lock);
    struct list *node = list_pop(&reaper.dead);

    spin_unlock_irqrestore(&reaper.lock, flags);
    if (!node)
        return false;
    thread_release(list_entry(node, struct thread, all_node));
    return true;
}

static void reaper_run(void *arg)
{
    (void)arg;
    for (;;) {
        thread_block_prepare(THREAD_BLOCKED);
        if (reap_one())
            thread_block_cancel();
        else
            thread_block();
    }
}

/* Out of memory: retry at the next detached thread. */
static COLD void reaper_start(void)
{
    unsigned long flags = spin_lock_irqsave(&reaper.lock);
    bool is_mine = !reaper.thread && !reaper.is_starting;
    struct thread *t;

    reaper.is_starting |= is_mine;
    spin_unlock_irqrestore(&reaper.lock, flags);
    if (!is_mine)
        return;
    t = thread_create(reaper_run, NULL, "reaper", NULL);
    flags = spin_lock_irqsave(&reaper.lock);
    reaper.thread = t;
    reaper.is_starting = false;
    if (t)
        thread_wake(t); /* for what came before */
    spin_unlock_irqrestore(&reaper.lock, flags);
}

void thread_detach(struct thread *t)
{
    unsigned long flags;
    bool has_exited;

    reaper_start();
    flags = spin_lock_irqsave(&t->exit_lock);
    assert(!t->is_detached && !t->joiner);
    t->is_detached = true;
    has_exited = t->has_exited;
    spin_unlock_irqrestore(&t->exit_lock, flags);
    if (has_exited)
        thread_bury(t);
}

/* A running thread's time since its last switch is not in its account yet. */
uint64_t thread_run_ns(const struct thread *t)
{
    struct thread *thread = (struct thread *)t;
    unsigned long flags = arch_irq_save();
    struct run_queue *rq;
    uint64_t ticks;

    RQ_LOCK_OF(rq, thread);
    if (rq->current == t)
        rq_account(rq);
    ticks = t->run_ticks;
    spin_unlock_no_preempt(&rq->lock);
    arch_irq_restore(flags);
    return time_ticks_to_ns(ticks);
}

static uint64_t user_ticks(const struct thread *t)
{
    uint64_t clock, now;

    do { /* or a clock that has stopped meanwhile ran until now */
        clock = __atomic_load_n(&t->user_clock, __ATOMIC_ACQUIRE);
        now = clock & THREAD_CLOCK_RUNS ? time_now_ticks() : 0;
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
    } while (clock != READ_ONCE(t->user_clock));
    return (uint64_t)((int64_t)clock >> THREAD_CLOCK_SHIFT) + now;
}

/*
 * The thread may have read the time but not stopped its clock yet: the value reported then is too
 * large, and the next would be smaller.
 */
uint64_t thread_user_ns(const struct thread *t)
{
    uint64_t *place = &((struct thread *)t)->user_told;
    uint64_t ticks = user_ticks(t), told = __atomic_load_n(place, __ATOMIC_RELAXED);

    while (told < ticks && !__atomic_compare_exchange_n(place, &told, ticks, false,
                                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
    return time_ticks_to_ns(told > ticks ? told : ticks);
}
