/*
 * Sending signals: makes them pending, wakes a thread that can take them, and applies the immediate
 * effects of SIGKILL, SIGCONT and the stop signals. Delivery is in linux/signal.
 */
#include <base/errno.h>
#include <pending/pending.h>
#include <task/group.h>

struct poll_head signal_poll = POLL_HEAD_INIT(signal_poll);

static bool is_ignored(const struct process *p, int signal) REQUIRES(&process_lock)
{
    uint64_t handler = p->actions[signal - 1].handler;

    return handler == SIG_IGN || (handler == SIG_DFL && (SIGNALS_IGNORED & SIGSET(signal)));
}

/* init takes only signals for which it has a handler. */
static bool is_immune(const struct process *p, int signal) REQUIRES(&process_lock)
{
    return p->pid == 1 && p->actions[signal - 1].handler == SIG_DFL;
}

struct linux_siginfo signal_child_info(struct process *child, int code, int status)
{
    const uint64_t tick = NS_PER_SEC / LINUX_TICK_HZ;
    struct linux_siginfo info = {.signo = SIGCHLD, .code = code};
    uint64_t utime_ns, stime_ns;

    info.child.pid = child->pid;
    info.child.uid = child->credentials->cred.uid;
    info.child.status = status;
    process_times_locked(child, &utime_ns, &stime_ns);
    info.child.utime = (int64_t)(utime_ns / tick);
    info.child.stime = (int64_t)(stime_ns / tick);
    return info;
}

/* Notify the parent that its child stopped or continued: CLD_STOPPED, CLD_CONTINUED. */
static void tell_parent(struct process *child, int code, int signal) REQUIRES(&process_lock)
{
    struct process *parent = child->parent;
    struct linux_siginfo info;

    if (!parent)
        return;
    if (!(parent->actions[SIGCHLD - 1].flags & SA_NOCLDSTOP)) {
        info = signal_child_info(child, code, signal);
        (void)signal_send_process_locked(parent, SIGCHLD, &info);
    }
    wait_wake_all(&parent->wait_queue);
}

static void resume(struct process *p, bool report) REQUIRES(&process_lock)
{
    bool was_stopped = p->state == PROCESS_STOPPED;

    if (!p->is_stopping)
        return;
    p->is_stopping = false;
    p->has_stop_report = false;
    if (was_stopped) {
        p->state = PROCESS_ALIVE;
        if (report) {
            p->has_continue_report = true;
            tell_parent(p, CLD_CONTINUED, SIGCONT);
        }
    }
    wait_wake_all(&p->stop_queue);
}

static void kill_now(struct process *p, int signal) REQUIRES(&process_lock)
{
    struct user_thread *ut;

    if (!p->is_exiting) {
        p->is_exiting = true;
        p->exit_status = EXIT_STATUS_SIGNAL(signal);
    }
    resume(p, false);
    list_for_each_entry(ut, &p->threads, thread_node)
        thread_interrupt(&ut->thread);
    wait_wake_all(&p->thread_queue); /* vfork */
}

void process_stop_locked(struct process *p, int signal)
{
    struct user_thread *ut;

    p->stop_signal = signal;
    if (!p->is_stopping) {
        p->is_stopping = true;
        p->has_continue_report = false;
        list_for_each_entry(ut, &p->threads, thread_node)
            thread_interrupt(&ut->thread);
    }
    if (p->nr_stopped < p->nr_threads || p->state != PROCESS_ALIVE)
        return;
    p->state = PROCESS_STOPPED;
    p->has_stop_report = true;
    tell_parent(p, CLD_STOPPED, signal);
}

static void prepare(struct process *p, int signal) REQUIRES(&process_lock)
{
    struct user_thread *ut;
    sigset64_t flush = 0;

    if (signal == SIGCONT)
        flush = SIGNALS_STOP;
    else if (SIGNALS_STOP & SIGSET(signal))
        flush = SIGSET(SIGCONT);
    if (!flush)
        return;
    pending_flush(&p->pending, flush);
    list_for_each_entry(ut, &p->threads, thread_node)
        pending_flush(&ut->pending, flush);
    if (signal == SIGCONT)
        resume(p, true);
}

/* Choose a thread that does not block the signal, preferably the leader. */
static struct user_thread *choose_taker(struct process *p, int signal) REQUIRES(&process_lock)
{
    struct user_thread *ut;

    if (p->leader && !(p->leader->blocked & SIGSET(signal)))
        return p->leader;
    list_for_each_entry(ut, &p->threads, thread_node)
        if (!(ut->blocked & SIGSET(signal)))
            return ut;
    return NULL;
}

/*
 * True if the signal kills the process. It then does so at once, before its threads can do anything
 * more: a fork does not succeed any more. Stopped processes die when they continue.
 */
static bool is_deadly(const struct process *p, int signal) REQUIRES(&process_lock)
{
    return p->actions[signal - 1].handler == SIG_DFL && !p->is_stopping &&
           !((SIGNALS_IGNORED | SIGNALS_STOP) & SIGSET(signal));
}

static int post(struct process *p, struct user_thread *target, int signal,
                const struct linux_siginfo *info) REQUIRES(&process_lock)
{
    struct user_thread *taker = target;
    int err;

    if (p->state == PROCESS_ZOMBIE || p->state == PROCESS_DEAD || signal == 0)
        return 0;
    if (is_immune(p, signal) && (signal == SIGKILL || signal == SIGSTOP))
        return 0;
    prepare(p, signal);
    if (signal == SIGKILL) {
        kill_now(p, signal);
        return 0;
    }
    if (!target || (target->blocked & SIGSET(signal)))
        taker = target ? NULL : choose_taker(p, signal);
    /* Keep a blocked signal even if it is ignored: sigtimedwait() may be waiting for it. */
    if ((is_ignored(p, signal) || is_immune(p, signal)) && taker)
        return 0;
    if (taker && is_deadly(p, signal)) {
        kill_now(p, signal);
        return 0;
    }
    err = pending_add(target ? &target->pending : &p->pending, p->credentials->account,
                      p->limits[RLIMIT_SIGPENDING].cur, signal, info);
    if (err)
        return err;
    if (taker)
        thread_interrupt(&taker->thread);
    wait_wake_all(&p->signal_queue);
    poll_notify(&signal_poll, POLLIN | POLLRDNORM);
    return 0;
}

int signal_send_process_locked(struct process *p, int signal, const struct linux_siginfo *info)
{
    return post(p, NULL, signal, info);
}

int signal_send_thread_locked(struct user_thread *ut, int signal, const struct linux_siginfo *info)
{
    return post(ut->process, ut, signal, info);
}

int signal_send_member_locked(struct process *p, int signal, const struct linux_siginfo *info)
{
    struct fork_in_flight *fork;

    if (signal == 0) /* a permission check only */
        return 0;
    list_for_each_entry(fork, &p->forks, node) {
        if (signal == SIGCONT)
            fork->signals &= ~SIGNALS_STOP;
        else if (SIGNALS_STOP & SIGSET(signal))
            fork->signals &= ~SIGSET(SIGCONT);
        fork->signals |= SIGSET(signal);
    }
    return post(p, NULL, signal, info);
}

int signal_send_group_locked(struct process_group *g, int signal, const struct linux_siginfo *info)
{
    struct process *p, *next;
    int ret = -ESRCH;

    list_for_each_entry_safe(p, next, &g->members, group_node)
        ret = signal_send_member_locked(p, signal, info);
    return ret;
}

int signal_send_thread(struct user_thread *ut, int signal, const struct linux_siginfo *info)
{
    unsigned long irq = spin_lock_irqsave(&process_lock);
    int ret = signal_send_thread_locked(ut, signal, info);

    spin_unlock_irqrestore(&process_lock, irq);
    return ret;
}
