/*
 * wait4, waitid: a parent learns how its children fare; telling it.
 */
#include "internal.h"

#include <arch/uaccess.h>
#include <process/syscalls.h>

#define WNOHANG    0x00000001
#define WUNTRACED  0x00000002
#define WEXITED    0x00000004
#define WCONTINUED 0x00000008
#define WNOWAIT    0x01000000
#define WNOTHREAD  0x20000000
#define WALL       0x40000000
#define WCLONE     0x80000000u

#define P_ALL   0
#define P_PID   1
#define P_PGID  2
#define P_PIDFD 3 /* waitid only */

#define SA_NOCLDSTOP 1u
#define SA_NOCLDWAIT 2u

static void take_out(struct process *child)
{
    struct process *parent = child->parent;

    WRITE_ONCE(child->state, PROCESS_DEAD);
    poll_notify(&child->exit_poll, POLLIN | POLLRDNORM | POLLHUP);
    if (parent) {
        parent->child_utime_ns += child->dead_utime_ns + child->child_utime_ns;
        parent->child_stime_ns += child->dead_stime_ns + child->child_stime_ns;
        parent->nr_child_minor_faults += child->nr_minor_faults;
        list_del_init(&child->child_node);
        child->parent = NULL;
    }
    group_leave(child);
    process_unpublish(child);
}

/* code: CLD_*; status: exit code or signal. Reaps a zombie that nobody will ask for. */
void process_notify_parent_locked(struct process *child, int code, int status)
{
    struct process *parent = child->parent;
    struct linux_siginfo info = {.signo = SIGCHLD, .code = code};
    const struct signal_action *action;
    bool is_stop = code == CLD_STOPPED || code == CLD_CONTINUED;

    if (!parent) {
        if (!is_stop) {
            take_out(child);
            process_put(child);
        }
        return;
    }
    action = &parent->actions[SIGCHLD - 1];
    info.child.pid = child->pid;
    info.child.uid = child->credentials.uid;
    info.child.status = status;
    info.child.utime = (int64_t)(child->dead_utime_ns / (NS_PER_SEC / LINUX_TICK_HZ));
    info.child.stime = (int64_t)(child->dead_stime_ns / (NS_PER_SEC / LINUX_TICK_HZ));
    if (is_stop) {
        if (!(action->flags & SA_NOCLDSTOP))
            (void)signal_send_process_locked(parent, SIGCHLD, &info);
    } else {
        bool nobody_waits = child->exit_signal == SIGCHLD &&
                            (action->handler == 1 || (action->flags & SA_NOCLDWAIT));

        if (child->exit_signal && !(child->exit_signal == SIGCHLD && action->handler == 1)) {
            info.signo = child->exit_signal;
            (void)signal_send_process_locked(parent, child->exit_signal, &info);
        }
        if (nobody_waits) {
            take_out(child);
            process_put(child);
        }
    }
    wait_wake_all(&parent->wait_queue);
}

struct wait_request {
    int which; /* P_* */
    pid_t id;
    uint32_t options;
};

struct wait_result {
    pid_t pid;
    uint32_t uid;
    int code, status; /* CLD_*, exit code or signal */
    int wait_status;  /* as wait4 reports it */
    uint64_t utime_ns, stime_ns, nr_minor_faults;
    struct process *reaped; /* to be put without the lock */
};

static bool is_asked_for(const struct process *child, const struct wait_request *r)
{
    if (r->which == P_PID && child->pid != r->id)
        return false;
    if (r->which == P_PGID && (!child->group || child->group->pgid != r->id))
        return false;
    if (r->options & WALL)
        return true;
    return (child->exit_signal != SIGCHLD) == !!(r->options & WCLONE);
}

/* Has this child something to report? Takes the report, unless WNOWAIT. */
static bool take_report(struct process *child, const struct wait_request *r,
                        struct wait_result *out)
{
    bool keep = r->options & WNOWAIT;

    if (child->state == PROCESS_ZOMBIE && (r->options & WEXITED)) {
        out->wait_status = child->exit_status;
        out->code = child->exit_status & 0x7f ? CLD_KILLED : CLD_EXITED;
        out->status = out->code == CLD_EXITED ? child->exit_status >> 8 : child->exit_status & 0x7f;
    } else if (child->has_stop_report && (r->options & WUNTRACED)) {
        out->wait_status = child->stop_signal << 8 | 0x7f;
        out->code = CLD_STOPPED;
        out->status = child->stop_signal;
        child->has_stop_report = keep;
    } else if (child->has_continue_report && (r->options & WCONTINUED)) {
        out->wait_status = 0xffff;
        out->code = CLD_CONTINUED;
        out->status = SIGCONT;
        child->has_continue_report = keep;
    } else {
        return false;
    }
    out->pid = child->pid;
    out->uid = child->credentials.uid;
    out->utime_ns = child->dead_utime_ns + child->child_utime_ns;
    out->stime_ns = child->dead_stime_ns + child->child_stime_ns;
    out->nr_minor_faults = child->nr_minor_faults;
    if (child->state == PROCESS_ZOMBIE && !keep) {
        take_out(child);
        out->reaped = child;
    }
    return true;
}

/* 1: a result; 0: children, but none ready; -ECHILD. */
static int scan(struct process *p, const struct wait_request *r, struct wait_result *out)
{
    unsigned long irq = spin_lock_irqsave(&process_lock);
    struct process *child;
    int ret = -ECHILD;

    list_for_each_entry(child, &p->children, child_node) {
        if (!is_asked_for(child, r))
            continue;
        ret = 0;
        if (take_report(child, r, out)) {
            ret = 1;
            break;
        }
    }
    spin_unlock_irqrestore(&process_lock, irq);
    return ret;
}

/* As scan, but waits; -ERESTARTSYS. */
static int wait_for_child(const struct wait_request *r, struct wait_result *out)
{
    struct process *p = process_current();
    struct wait_entry entry;
    int ret = scan(p, r, out);

    if (ret != 0 || (r->options & WNOHANG))
        goto done;
    wait_entry_init(&entry, false);
    for (;;) {
        wait_prepare(&p->wait_queue, &entry, THREAD_INTERRUPTIBLE);
        ret = scan(p, r, out);
        if (ret != 0)
            break;
        if (signal_is_pending()) {
            ret = -ERESTARTSYS;
            break;
        }
        thread_block();
    }
    wait_finish(&p->wait_queue, &entry);
done:
    if (ret == 1 && out->reaped)
        process_put(out->reaped);
    return ret;
}

static int put_rusage(uint64_t addr, const struct wait_result *result)
{
    struct linux_rusage u = {
        .utime = {(int64_t)(result->utime_ns / NS_PER_SEC),
                  (int64_t)(result->utime_ns % NS_PER_SEC / 1000)},
        .stime = {(int64_t)(result->stime_ns / NS_PER_SEC),
                  (int64_t)(result->stime_ns % NS_PER_SEC / 1000)},
        .minflt = (int64_t)result->nr_minor_faults,
    };

    return addr ? copy_to_user(addr, &u, sizeof(u)) : 0;
}

SYSCALL(wait4)
{
    pid_t pid = (pid_t)a[0];
    uint32_t options = (uint32_t)a[2];
    struct wait_request r = {.which = P_ALL, .options = options | WEXITED};
    struct wait_result result = {0};
    int ret;

    if (options & ~(WNOHANG | WUNTRACED | WCONTINUED | WNOTHREAD | WALL | WCLONE))
        return -EINVAL;
    if (pid > 0) {
        r.which = P_PID;
        r.id = pid;
    } else if (pid != -1) {
        if (pid == INT32_MIN)
            return -ESRCH;
        r.which = P_PGID;
        r.id = pid ? -pid : process_current()->group->pgid;
    }
    ret = wait_for_child(&r, &result);
    if (ret <= 0)
        return ret;
    if (a[1] && put_user_u32(a[1], (uint32_t)result.wait_status) != 0)
        return -EFAULT;
    if (put_rusage(a[3], &result) != 0)
        return -EFAULT;
    return result.pid;
}

/*
 * A descriptor of a process becomes its number, which stays its own as long as it is the caller's
 * child. *may_wait: false if the descriptor forbids it and the caller did not say WNOHANG.
 */
static int resolve_pidfd(struct wait_request *r, bool *may_wait)
{
    struct process *p;
    bool is_nonblocking;
    int ret = pidfd_process(r->id, &p, &is_nonblocking);

    if (ret)
        return ret;
    r->which = P_PID;
    r->id = p->pid;
    if (READ_ONCE(p->state) == PROCESS_DEAD)
        ret = -ECHILD;
    process_put(p);
    *may_wait = !is_nonblocking || (r->options & WNOHANG);
    if (is_nonblocking)
        r->options |= WNOHANG;
    return ret;
}

SYSCALL(waitid)
{
    struct wait_request r = {.which = (int)a[0], .id = (pid_t)a[1], .options = (uint32_t)a[3]};
    struct wait_result result = {0};
    struct linux_siginfo info = {0};
    bool may_wait = true;
    int ret;

    if ((r.options &
         ~(WNOHANG | WNOWAIT | WEXITED | WUNTRACED | WCONTINUED | WNOTHREAD | WALL | WCLONE)) ||
        !(r.options & (WEXITED | WUNTRACED | WCONTINUED)))
        return -EINVAL;
    if (r.which == P_PIDFD) {
        ret = resolve_pidfd(&r, &may_wait);
        if (ret)
            return ret;
    }
    if (r.which < P_ALL || r.which > P_PGID || (r.which == P_PID && r.id <= 0) || r.id < 0)
        return -EINVAL;
    if (r.which == P_PGID && r.id == 0)
        r.id = process_current()->group->pgid;
    ret = wait_for_child(&r, &result);
    if (ret == 0 && !may_wait)
        ret = -EAGAIN;
    if (ret < 0)
        return ret;
    if (ret > 0) {
        info.signo = SIGCHLD;
        info.code = result.code;
        info.child.pid = result.pid;
        info.child.uid = result.uid;
        info.child.status = result.status;
    }
    if (a[2] && copy_to_user(a[2], &info, sizeof(info)) != 0)
        return -EFAULT;
    return ret > 0 && put_rusage(a[4], &result) != 0 ? -EFAULT : 0;
}
