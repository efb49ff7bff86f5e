/*
 * The signal calls: rt_sigaction(2) and relatives, kill(2) and relatives, sigaltstack(2).
 */
#include "internal.h"

#include <anon/pidfd.h>

static bool is_signal(uint64_t n)
{
    return n >= 1 && n <= NR_SIGNALS;
}

void signal_exec(void)
{
    struct user_thread *ut = user_current();
    struct process *p = ut->process;
    unsigned long irq = spin_lock_irqsave(&process_lock);

    for (unsigned i = 0; i < NR_SIGNALS; i++) {
        p->actions[i].flags = 0;
        p->actions[i].mask = 0;
        if (p->actions[i].handler != SIG_IGN)
            p->actions[i].handler = SIG_DFL;
    }
    ut->altstack_base = 0;
    ut->altstack_size = 0;
    ut->altstack_flags = SS_DISABLE;
    spin_unlock_irqrestore(&process_lock, irq);
}

int64_t sys_rt_sigaction(int signal, vaddr_t unew, vaddr_t uold, size_t mask_size)
{
    struct process *p = process_current();
    struct signal_action wanted, old;
    unsigned long irq;

    if (!is_signal(signal) || mask_size != sizeof(sigset64_t))
        return -EINVAL;
    if (unew) {
        if (signal == SIGKILL || signal == SIGSTOP)
            return -EINVAL;
        if (copy_from_user(&wanted, unew, sizeof(wanted)) != 0)
            return -EFAULT;
        wanted.mask &= ~SIGNALS_UNBLOCKABLE;
        wanted.flags &= SA_KNOWN; /* so a program sees which there are: SA_UNSUPPORTED */
    }
    irq = spin_lock_irqsave(&process_lock);
    old = p->actions[signal - 1];
    if (unew) {
        p->actions[signal - 1] = wanted;
        if (wanted.handler == SIG_IGN ||
            (wanted.handler == SIG_DFL && (SIGNALS_IGNORED & SIGSET(signal)))) {
            struct user_thread *ut;

            pending_flush(&p->pending, SIGSET(signal));
            list_for_each_entry(ut, &p->threads, thread_node)
                pending_flush(&ut->pending, SIGSET(signal));
        }
    }
    spin_unlock_irqrestore(&process_lock, irq);
    return uold ? copy_to_user(uold, &old, sizeof(old)) : 0;
}

#define SIG_BLOCK   0
#define SIG_UNBLOCK 1
#define SIG_SETMASK 2

int64_t sys_rt_sigprocmask(int how, vaddr_t uset, vaddr_t uold, size_t mask_size)
{
    struct user_thread *ut = user_current();
    sigset64_t set, old = ut->blocked;

    if (mask_size != sizeof(set))
        return -EINVAL;
    if (uset) {
        if (copy_from_user(&set, uset, sizeof(set)) != 0)
            return -EFAULT;
        switch (how) {
        case SIG_BLOCK:
            set |= old;
            break;
        case SIG_UNBLOCK:
            set = old & ~set;
            break;
        case SIG_SETMASK:
            break;
        default:
            return -EINVAL;
        }
        signal_set_mask(set);
    }
    return uold ? copy_to_user(uold, &old, sizeof(old)) : 0;
}

int64_t sys_rt_sigpending(vaddr_t uset, size_t mask_size)
{
    struct user_thread *ut = user_current();
    sigset64_t set = signal_pending_set(ut) & ut->blocked;

    if (mask_size > sizeof(set))
        return -EINVAL;
    return copy_to_user(uset, &set, mask_size);
}

int64_t sys_rt_sigsuspend(vaddr_t umask, size_t mask_size)
{
    sigset64_t set;

    if (mask_size != sizeof(set))
        return -EINVAL;
    if (copy_from_user(&set, umask, sizeof(set)) != 0)
        return -EFAULT;
    signal_mask_for_call(set);
    for (;;) {
        thread_block_prepare(THREAD_INTERRUPTIBLE);
        if (signal_is_pending())
            break;
        thread_block();
    }
    thread_block_cancel();
    return signal_mask_call_over(-ERESTARTNOHAND);
}

int64_t sys_rt_sigtimedwait(vaddr_t uset, vaddr_t uinfo, vaddr_t utimeout, size_t mask_size)
{
    struct process *p = process_current();
    struct linux_siginfo info;
    struct linux_timespec t;
    struct wait_entry entry;
    uint64_t deadline = TIME_NEVER;
    bool timely = true;
    sigset64_t set;
    int ret;

    if (mask_size != sizeof(set))
        return -EINVAL;
    if (copy_from_user(&set, uset, sizeof(set)) != 0)
        return -EFAULT;
    set &= ~SIGNALS_UNBLOCKABLE;
    if (utimeout) {
        if (copy_from_user(&t, utimeout, sizeof(t)) != 0)
            return -EFAULT;
        if (t.tv_sec < 0 || t.tv_nsec < 0 || t.tv_nsec >= (int64_t)NS_PER_SEC)
            return -EINVAL;
        deadline = time_deadline_ns((uint64_t)t.tv_sec > UINT64_MAX / NS_PER_SEC - 1
                                        ? TIME_NEVER
                                        : (uint64_t)t.tv_sec * NS_PER_SEC + (uint64_t)t.tv_nsec);
        timely = t.tv_sec || t.tv_nsec; /* without time there is no wait to be disturbed */
    }
    wait_entry_init(&entry, false);
    for (;;) {
        wait_prepare(&p->signal_queue, &entry, THREAD_INTERRUPTIBLE);
        ret = signal_take(set, &info);
        if (ret)
            break;
        if (!timely) {
            ret = -EAGAIN;
            break;
        }
        if (signal_is_pending()) {
            ret = -EINTR;
            break;
        }
        timely = thread_block_until(deadline);
    }
    wait_finish(&p->signal_queue, &entry);
    if (ret < 0)
        return ret;
    if (uinfo && copy_to_user(uinfo, &info, sizeof(info)) != 0)
        return -EFAULT;
    return info.signo;
}

/* --- kill ------------------------------------------------------------------------------------- */

/* t: the credentials of p, or of the target thread. */
static bool may_signal(const struct process *p, const struct cred *t, int signal)
    REQUIRES(&process_lock)
{
    const struct process *me = process_current();
    const struct cred *c = cred_current();

    if (me == p || cred_has_cap(c, CAP_KILL))
        return true;
    if (c->euid == t->uid || c->euid == t->suid || c->uid == t->uid || c->uid == t->suid)
        return true;
    return signal == SIGCONT && p->group && p->group->session == me->group->session;
}

/* 0, -EINVAL, -EPERM: in this order, and only for somebody who is there, as in Linux. */
static int check_signal(const struct process *p, const struct cred *t, int signal)
    REQUIRES(&process_lock)
{
    if (signal < 0 || signal > NR_SIGNALS)
        return -EINVAL;
    return may_signal(p, t, signal) ? 0 : -EPERM;
}

static struct linux_siginfo info_from_me(int signal, int code)
{
    struct process *me = process_current();
    struct linux_siginfo info = {.signo = signal, .code = code};

    info.queue.pid = me->pid;
    info.queue.uid = cred_current()->uid;
    return info;
}

static int kill_one(struct process *p, int signal, const struct linux_siginfo *info)
    REQUIRES(&process_lock)
{
    int err = p ? check_signal(p, &p->credentials->cred, signal) : -ESRCH;

    return err ? err : signal_send_process_locked(p, signal, info);
}

/* Signal a process group; pgid 0: every process but init and the caller. */
static int kill_many(pid_t pgid, int signal, const struct linux_siginfo *info)
    REQUIRES(&process_lock)
{
    struct process *p, *next;
    int ret = -ESRCH;

    list_for_each_entry_safe(p, next, &process_all, all_node) {
        bool meant =
            pgid ? p->group && p->group->pgid == pgid : p->pid != 1 && p != process_current();
        int err;

        if (!meant || p->state == PROCESS_DEAD)
            continue;
        err = check_signal(p, &p->credentials->cred, signal);
        if (!err)
            err = signal_send_member_locked(p, signal, info);
        if (ret != 0)
            ret = err;
    }
    return ret;
}

int64_t sys_kill(pid_t pid, int signal)
{
    int ret;
    struct linux_siginfo info;
    unsigned long irq;

    if (pid == INT32_MIN)
        return -ESRCH;
    info = info_from_me(signal, SI_USER);
    irq = spin_lock_irqsave(&process_lock);
    if (pid > 0)
        ret = kill_one(process_find(pid), signal, &info);
    else if (pid == 0)
        ret = kill_many(process_current()->group->pgid, signal, &info);
    else
        ret = kill_many(pid == -1 ? 0 : -pid, signal, &info);
    spin_unlock_irqrestore(&process_lock, irq);
    return ret;
}

static int thread_kill(pid_t pid, pid_t tid, int signal, const struct linux_siginfo *info)
{
    unsigned long irq;
    struct user_thread *ut;
    int ret;

    if (tid <= 0)
        return -EINVAL;
    irq = spin_lock_irqsave(&process_lock);
    ut = user_thread_find(tid);
    if (!ut || (pid && ut->process->pid != pid))
        ret = -ESRCH;
    else
        ret = check_signal(ut->process, &ut->credentials->cred, signal);
    if (!ret)
        ret = signal_send_thread_locked(ut, signal, info);
    spin_unlock_irqrestore(&process_lock, irq);
    return ret;
}

int64_t sys_tkill(pid_t tid, int signal)
{
    struct linux_siginfo info = info_from_me(signal, SI_TKILL);

    return thread_kill(0, tid, signal, &info);
}

int64_t sys_tgkill(pid_t pid, pid_t tid, int signal)
{
    struct linux_siginfo info = info_from_me(signal, SI_TKILL);

    if (pid <= 0)
        return -EINVAL;
    return thread_kill(pid, tid, signal, &info);
}

/* A program may forge a siginfo of the kernel or of kill() only to itself. */
static bool may_claim(const struct linux_siginfo *info, pid_t target)
{
    return (info->code < 0 && info->code != SI_TKILL) || target == process_current()->pid;
}

static int read_info(uint64_t addr, pid_t target, int signal, struct linux_siginfo *info)
{
    if (copy_from_user(info, addr, sizeof(*info)) != 0)
        return -EFAULT;
    info->signo = signal;
    return may_claim(info, target) ? 0 : -EPERM;
}

int64_t sys_rt_sigqueueinfo(pid_t pid, int signal, vaddr_t uinfo)
{
    struct linux_siginfo info;
    unsigned long irq;
    int err = read_info(uinfo, pid, signal, &info);

    if (err)
        return err;
    irq = spin_lock_irqsave(&process_lock);
    err = kill_one(process_find(pid), signal, &info);
    spin_unlock_irqrestore(&process_lock, irq);
    return err;
}

int64_t sys_rt_tgsigqueueinfo(pid_t pid, pid_t tid, int signal, vaddr_t uinfo)
{
    struct linux_siginfo info;
    int err = read_info(uinfo, pid, signal, &info);

    if (err)
        return err;
    if (pid <= 0)
        return -EINVAL;
    return thread_kill(pid, tid, signal, &info);
}

/* --- sigaltstack ------------------------------------------------------------------------------ */

int64_t sys_sigaltstack(vaddr_t unew, vaddr_t uold)
{
    struct user_thread *ut = user_current();
    bool on = signal_on_altstack(ut, arch_frame_sp(user_frame(&ut->thread.arch)));
    struct {
        uint64_t sp;
        uint32_t flags, pad;
        uint64_t size;
    } old = {ut->altstack_base,
             (ut->altstack_size ? (on ? SS_ONSTACK : 0) : SS_DISABLE) |
                 (ut->altstack_flags & SS_AUTODISARM),
             0, ut->altstack_size},
      wanted;

    if (unew) {
        if (copy_from_user(&wanted, unew, sizeof(wanted)) != 0)
            return -EFAULT;
        if (on)
            return -EPERM;
        switch (wanted.flags & ~SS_AUTODISARM) {
        case SS_DISABLE:
            ut->altstack_base = 0;
            ut->altstack_size = 0;
            ut->altstack_flags = SS_DISABLE;
            break;
        case 0:
        case SS_ONSTACK:
            if (wanted.size < MINSIGSTKSZ)
                return -ENOMEM;
            ut->altstack_base = wanted.sp;
            ut->altstack_size = wanted.size;
            ut->altstack_flags = wanted.flags & SS_AUTODISARM;
            break;
        default:
            return -EINVAL;
        }
    }
    return uold ? copy_to_user(uold, &old, sizeof(old)) : 0;
}

int64_t sys_pidfd_send_signal(int pidfd, int signal, vaddr_t uinfo, unsigned flags)
{
    int ret;
    struct linux_siginfo info = info_from_me(signal, SI_USER);
    struct process *p;
    unsigned long irq;
    bool is_nonblocking;

    if (flags != 0)
        return -EINVAL;
    ret = pidfd_process(pidfd, &p, &is_nonblocking);
    if (ret)
        return ret;
    if (uinfo && copy_from_user(&info, uinfo, sizeof(info)) != 0)
        ret = -EFAULT;
    else if (info.signo != signal)
        ret = -EINVAL;
    else if (uinfo && !may_claim(&info, p->pid))
        ret = -EPERM;
    if (!ret) {
        irq = spin_lock_irqsave(&process_lock);
        ret = kill_one(p->state == PROCESS_DEAD ? NULL : p, signal, &info);
        spin_unlock_irqrestore(&process_lock, irq);
    }
    process_put(p);
    return ret;
}
