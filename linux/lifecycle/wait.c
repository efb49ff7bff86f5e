/*
 * wait4(2), waitid(2), and notifying the parent of a child's end.
 */
#include "internal.h"

#include <abi/syscalls.h>
#include <arch/uaccess.h>
#include <anon/pidfd.h>

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

static bool is_killed(int exit_status)
{
    return EXIT_SIGNAL_OF(exit_status) != 0;
}

/* The si_code (CLD_*) and si_status of an exit status: exit code or signal. */
static int exit_code(int exit_status)
{
    return is_killed(exit_status) ? CLD_KILLED : CLD_EXITED;
}

static int exit_value(int exit_status)
{
    return is_killed(exit_status) ? EXIT_SIGNAL_OF(exit_status) : EXIT_CODE_OF(exit_status);
}

/* Reap a child that was waited for and add its times to the parent's. (POSIX: children that nobody
 * waited for are not accounted.) */
static void count_child(struct process *parent, const struct process *child) REQUIRES(&process_lock)
{
    parent->child_utime_ns += child->dead_utime_ns + child->child_utime_ns;
    parent->child_stime_ns += child->dead_stime_ns + child->child_stime_ns;
    parent->nr_child_minor_faults += child->nr_minor_faults + child->nr_child_minor_faults;
}

static void take_out(struct process *child) REQUIRES(&process_lock)
{
    WRITE_ONCE(child->state, PROCESS_DEAD);
    poll_notify(&child->exit_poll, POLLIN | POLLRDNORM | POLLHUP);
    if (child->parent) {
        list_del_init(&child->child_node);
        child->parent = NULL;
    }
    group_leave(child);
    process_unpublish(child);
}

static void reap(struct process *child) REQUIRES(&process_lock)
{
    take_out(child);
    process_put(child);
}

void process_notify_exit_locked(struct process *child)
{
    struct process *parent = child->parent;
    const struct signal_action *action;
    struct linux_siginfo info;
    bool is_ignored;

    if (!parent) {
        reap(child);
        return;
    }
    action = &parent->actions[SIGCHLD - 1];
    is_ignored = child->exit_signal == SIGCHLD && action->handler == SIG_IGN;
    if (child->exit_signal && !is_ignored) {
        info =
            signal_child_info(child, exit_code(child->exit_status), exit_value(child->exit_status));
        info.signo = child->exit_signal;
        (void)signal_send_process_locked(parent, child->exit_signal, &info);
    }
    if (is_ignored || (child->exit_signal == SIGCHLD && (action->flags & SA_NOCLDWAIT)))
        reap(child);
    wait_wake_all(&parent->wait_queue);
}

struct wait_request {
    int which; /* P_* */
    pid_t id;
    const struct process *process; /* P_PIDFD: counted by the caller */
    uint32_t options;
};

struct wait_result {
    pid_t pid;
    uint32_t uid;
    int code, status; /* CLD_*, exit code or signal */
    int wait_status;  /* as wait4 reports it */
    uint64_t utime_ns, stime_ns, nr_minor_faults;
    struct process *reaped; /* put without the lock */
};

static bool is_asked_for(const struct process *child, const struct wait_request *r)
    REQUIRES(&process_lock)
{
    if (r->which == P_PID && child->pid != r->id)
        return false;
    if (r->which == P_PIDFD && child != r->process)
        return false;
    if (r->which == P_PGID && (!child->group || child->group->pgid != r->id))
        return false;
    if (r->options & WALL)
        return true;
    return (child->exit_signal != SIGCHLD) == !!(r->options & WCLONE);
}

/* Fill *out if the child has something to report, and consume the report unless WNOWAIT. */
static bool take_report(struct process *child, const struct wait_request *r,
                        struct wait_result *out) REQUIRES(&process_lock)
{
    bool keep = r->options & WNOWAIT;

    if (child->state == PROCESS_ZOMBIE && (r->options & WEXITED)) {
        out->wait_status = child->exit_status;
        out->code = exit_code(child->exit_status);
        out->status = exit_value(child->exit_status);
    } else if (child->has_stop_report && (r->options & WUNTRACED)) {
        out->wait_status = STOP_STATUS_SIGNAL(child->stop_signal);
        out->code = CLD_STOPPED;
        out->status = child->stop_signal;
        child->has_stop_report = keep;
    } else if (child->has_continue_report && (r->options & WCONTINUED)) {
        out->wait_status = CONTINUE_STATUS;
        out->code = CLD_CONTINUED;
        out->status = SIGCONT;
        child->has_continue_report = keep;
    } else {
        return false;
    }
    out->pid = child->pid;
    out->uid = child->credentials->cred.uid;
    process_times_locked(child, &out->utime_ns, &out->stime_ns);
    out->utime_ns += child->child_utime_ns;
    out->stime_ns += child->child_stime_ns;
    out->nr_minor_faults = child->nr_minor_faults + child->nr_child_minor_faults;
    if (child->state == PROCESS_ZOMBIE && !keep) {
        count_child(child->parent, child);
        take_out(child);
        out->reaped = child;
    }
    return true;
}

/* Scan the children. 1: a result; 0: children, but none ready; -ECHILD. */
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

/* Like scan(), but wait for a result; -ERESTARTSYS. */
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

/* Return the caller's present group id, which its parent may change. */
static pid_t own_group(void)
{
    unsigned long irq = spin_lock_irqsave(&process_lock);
    pid_t pgid = process_current()->group->pgid;

    spin_unlock_irqrestore(&process_lock, irq);
    return pgid;
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

int64_t sys_wait4(pid_t pid, vaddr_t ustatus, uint32_t options, vaddr_t urusage)
{
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
        r.id = pid ? -pid : own_group();
    }
    ret = wait_for_child(&r, &result);
    if (ret <= 0)
        return ret;
    if (ustatus && put_user_u32(ustatus, (uint32_t)result.wait_status) != 0)
        return -EFAULT;
    if (put_rusage(urusage, &result) != 0)
        return -EFAULT;
    return result.pid;
}

/* Copy waitid's result to the program; ret > 0: there is one. */
static int put_result(vaddr_t uinfo, vaddr_t urusage, bool has_result,
                      const struct wait_result *result)
{
    struct linux_siginfo info = {0};

    if (has_result) {
        info.signo = SIGCHLD;
        info.code = result->code;
        info.child.pid = result->pid;
        info.child.uid = result->uid;
        info.child.status = result->status;
    }
    if (uinfo && copy_to_user(uinfo, &info, sizeof(info)) != 0)
        return -EFAULT;
    return has_result ? put_rusage(urusage, result) : 0;
}

/* P_PIDFD: the descriptor names the child; one with PIDFD_NONBLOCK does not wait: -EAGAIN. */
static int wait_for_pidfd(struct wait_request *r, struct wait_result *result)
{
    struct process *p;
    bool is_nonblocking, may_wait;
    int ret = pidfd_process(r->id, &p, &is_nonblocking);

    if (ret)
        return ret;
    r->process = p;
    may_wait = !is_nonblocking || (r->options & WNOHANG);
    if (is_nonblocking)
        r->options |= WNOHANG;
    ret = wait_for_child(r, result);
    process_put(p);
    return ret == 0 && !may_wait ? -EAGAIN : ret;
}

int64_t sys_waitid(int which, pid_t id, vaddr_t uinfo, uint32_t options, vaddr_t urusage)
{
    struct wait_request r = {.which = which, .id = id, .options = options};
    struct wait_result result = {0};
    int ret;

    if ((r.options &
         ~(WNOHANG | WNOWAIT | WEXITED | WUNTRACED | WCONTINUED | WNOTHREAD | WALL | WCLONE)) ||
        !(r.options & (WEXITED | WUNTRACED | WCONTINUED)))
        return -EINVAL;
    if (r.which < P_ALL || r.which > P_PIDFD || (r.which == P_PID && r.id <= 0) ||
        (r.which != P_ALL && r.id < 0))
        return -EINVAL;
    if (r.which == P_PGID && r.id == 0)
        r.id = own_group();
    ret = r.which == P_PIDFD ? wait_for_pidfd(&r, &result) : wait_for_child(&r, &result);
    return ret < 0 ? ret : put_result(uinfo, urusage, ret > 0, &result);
}
