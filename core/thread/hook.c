/*
 * Hooks of a thread's switches: see <thread/thread.h>.
 */
#include "runq.h"

void thread_hooks_out(struct thread *t)
{
    for (struct thread_hook *hook = t->hooks; hook; hook = hook->next)
        if (hook->switch_out)
            hook->switch_out(hook);
}

void thread_hooks_in(struct thread *t)
{
    for (struct thread_hook *hook = t->hooks; hook; hook = hook->next)
        if (hook->switch_in)
            hook->switch_in(hook);
}

/* The list is read during switches, so change it with interrupts masked; `care` needs the queue's
 * lock. */
static void hooks_set(struct thread *t, struct thread_hook **where, struct thread_hook *hook)
{
    unsigned long flags = arch_irq_save();
    struct run_queue *rq;

    RQ_LOCK_OF(rq, t);
    *where = hook;
    t->care = (uint8_t)(t->hooks ? t->care | THREAD_CARE_HOOKS : t->care & ~THREAD_CARE_HOOKS);
    spin_unlock_no_preempt(&rq->lock);
    arch_irq_restore(flags);
    preempt_check();
}

void thread_hook_add(struct thread_hook *hook)
{
    struct thread *t = thread_current();

    hook->next = t->hooks;
    hooks_set(t, &t->hooks, hook);
}

void thread_hook_remove(struct thread_hook *hook)
{
    struct thread *t = thread_current();
    struct thread_hook **where = &t->hooks;

    while (*where != hook)
        where = &(*where)->next;
    hooks_set(t, where, hook->next);
}
