/*
 * Taking pending signals, and the signal mask of a thread.
 */
#include <base/errno.h>
#include <pending/pending.h>
#include <pending/upcalls.h>

sigset64_t signal_pending_set(const struct user_thread *ut)
{
    return UNLOCKED(READ_ONCE(ut->pending.set) | READ_ONCE(ut->process->pending.set),
                    "each is one word");
}

static bool has_work(const struct user_thread *ut)
{
    const struct process *p = ut->process;

    return (signal_pending_set(ut) & ~ut->blocked) || p->is_stopping || user_thread_must_leave(ut);
}

void signal_recalculate_locked(struct user_thread *ut)
{
    if (has_work(ut))
        thread_interrupt(&ut->thread);
    else if (ut == user_current())
        thread_work_clear(THREAD_WORK_SIGNAL);
}

void signal_retarget_locked(const struct user_thread *ut, sigset64_t lost)
{
    sigset64_t pending = ut->process->pending.set & lost;
    struct user_thread *other;

    if (!pending)
        return;
    list_for_each_entry(other, &ut->process->threads, thread_node) {
        if (other == ut || !(pending & ~other->blocked))
            continue;
        thread_interrupt(&other->thread);
        pending &= other->blocked;
    }
}

bool signal_take_locked(sigset64_t set, struct linux_siginfo *info)
{
    struct user_thread *ut = user_current();

    if (!pending_take(&ut->pending, set, info) && !pending_take(&ut->process->pending, set, info))
        return false;
    timers_signal_taken_locked(ut->process, info);
    return true;
}

bool signal_take(sigset64_t set, struct linux_siginfo *info)
{
    unsigned long irq = spin_lock_irqsave(&process_lock);
    bool found = signal_take_locked(set, info);

    if (found)
        signal_recalculate_locked(user_current());
    spin_unlock_irqrestore(&process_lock, irq);
    return found;
}

bool signal_is_pending(void)
{
    return thread_is_interrupted();
}

/* --- masks ------------------------------------------------------------------------------------ */

bool signal_is_ignored_or_blocked(int signal)
{
    struct user_thread *ut = user_current();

    return (ut->blocked & SIGSET(signal)) || ut->process->actions[signal - 1].handler == SIG_IGN;
}

void signal_set_mask(sigset64_t mask)
{
    struct user_thread *ut = user_current();
    unsigned long irq;

    mask &= ~SIGNALS_UNBLOCKABLE;
    if (ut->blocked == mask)
        return;
    irq = spin_lock_irqsave(&process_lock);
    signal_retarget_locked(ut, mask & ~ut->blocked);
    ut->blocked = mask;
    signal_recalculate_locked(ut);
    spin_unlock_irqrestore(&process_lock, irq);
}

void signal_mask_for_call(sigset64_t mask)
{
    struct user_thread *ut = user_current();

    ut->saved_blocked = ut->blocked;
    ut->has_saved_blocked = true;
    signal_set_mask(mask);
}

void signal_mask_restore(void)
{
    struct user_thread *ut = user_current();

    if (!ut->has_saved_blocked)
        return;
    ut->has_saved_blocked = false;
    signal_set_mask(ut->saved_blocked);
}

void signal_mask_settle(int64_t ret)
{
    if (ret != -EINTR && ret != -ERESTARTNOHAND)
        signal_mask_restore();
}
