/*
 * The end of threads and processes.
 *
 * A thread exits in this order: release its futexes (robust list, clear_child_tid) while its memory
 * is still mapped, leave the address space, leave the process. The last thread drops the process's
 * resources, reparents its children, and makes the process a zombie.
 */
#include "internal.h"

#include <abi/syscalls.h>
#include <clock/timers.h>
#include <fdtable/fdtable.h>
#include <futex/exit.h>
#include <power/power.h>
#include <task/group.h>
#include <tty/session.h>

static void leave_vspace(struct user_thread *ut)
{
    unsigned long irq = arch_irq_save();

    ut->vspace = NULL;
    vspace_activate(NULL);
    arch_irq_restore(irq);
}

void process_release_vfork_parent(struct process *p)
{
    unsigned long irq = spin_lock_irqsave(&process_lock);

    struct process *waiter = p->vfork_waiter;

    if (waiter) {
        __atomic_store_n(&p->vfork_waiter, NULL, __ATOMIC_RELEASE);
        wait_wake_all(&waiter->thread_queue);
    }
    spin_unlock_irqrestore(&process_lock, irq);
}

/*
 * The link between child and parent has just ended: one of them became a zombie (and the child, if
 * it lives, has a new parent). Send SIGHUP and SIGCONT to the child's group if this orphaned it and
 * it has a stopped member (POSIX, _exit).
 */
static void group_check_orphaned(const struct process *child, const struct process *parent)
    REQUIRES(&process_lock)
{
    struct process_group *g = child->group;

    if (!process_group_is_tied_by(child, parent) || !process_group_is_orphaned(g) ||
        !process_group_has_stopped(g))
        return;
    (void)signal_send_group_locked(g, SIGHUP, NULL);
    (void)signal_send_group_locked(g, SIGCONT, NULL);
}

/* --- children find a new parent --------------------------------------------------------------- */

static struct process *new_parent_for(struct process *p) REQUIRES(&process_lock)
{
    for (struct process *a = p->parent; a; a = a->parent) {
        if (READ_ONCE(a->is_child_subreaper) && a->state != PROCESS_ZOMBIE && !a->is_exiting)
            return a;
        if (a->pid == 1)
            return a;
    }
    return process_find(1);
}

static void hand_over_children(struct process *p) REQUIRES(&process_lock)
{
    struct process *heir = new_parent_for(p);
    struct process *child, *next;

    list_for_each_entry_safe(child, next, &p->children, child_node) {
        list_del(&child->child_node);
        child->parent = heir == p ? NULL : heir;
        WRITE_ONCE(child->parent_pid, child->parent ? heir->pid : 0);
        if (!child->parent) {
            list_init(&child->child_node);
            continue;
        }
        list_add_tail(&heir->children, &child->child_node);
        child->exit_signal = SIGCHLD;
        if (child->parent_death_signal)
            (void)signal_send_process_locked(child, child->parent_death_signal, NULL);
        group_check_orphaned(child, p);
        if (child->state == PROCESS_ZOMBIE)
            process_notify_exit_locked(child); /* may drop the last reference */
    }
}

/* --- the last thread -------------------------------------------------------------------------- */

static void give_up_resources(struct process *p)
{
    unsigned long irq;
    struct vspace *vspace;
    struct fd_table *files;
    struct fs_context *fs;
    struct file *executable;
    bool is_session_leader;

    timers_process_exit(p, true);
    spin_lock(&p->files_lock);
    files = p->files;
    p->files = NULL;
    spin_unlock(&p->files_lock);
    irq = spin_lock_irqsave(&process_lock);
    vspace = p->vspace;
    fs = p->fs;
    executable = p->executable;
    p->vspace = NULL;
    p->fs = NULL;
    p->executable = NULL;
    is_session_leader = p->group->session->leader == p;
    spin_unlock_irqrestore(&process_lock, irq);
    if (is_session_leader)
        tty_session_leader_exit(p);
    if (files)
        fd_table_put(files);
    if (fs)
        fs_context_put(fs);
    if (executable)
        file_put(executable);
    process_release_vfork_parent(p);
    if (vspace)
        vspace_put(vspace);
}

/*
 * Add the thread's times and faults to the process. Call it in one critical section with
 * user_thread_unpublish(): the times of a process are the sum over the listed threads plus these
 * totals, so a thread must be in exactly one of the two.
 */
static void account(struct process *p, struct user_thread *ut) REQUIRES(&process_lock)
{
    uint64_t user = thread_user_ns(&ut->thread), total = thread_run_ns(&ut->thread);

    p->dead_utime_ns += user;
    p->dead_stime_ns += total > user ? total - user : 0;
    p->nr_minor_faults += ut->nr_minor_faults;
    p->nr_major_faults += ut->nr_major_faults;
}

static void become_zombie(struct process *p, struct user_thread *last)
{
    unsigned long irq = spin_lock_irqsave(&process_lock);

    account(p, last);
    user_thread_unpublish(last);
    p->leader = NULL;
    pending_flush(&p->pending, ~0ull);
    if (p->group->session->leader == p)
        p->group->session->leader = NULL;
    WRITE_ONCE(p->state, PROCESS_ZOMBIE);
    poll_notify(&p->exit_poll, POLLIN | POLLRDNORM);
    hand_over_children(p);
    group_check_orphaned(p, p->parent);
    process_notify_exit_locked(p);
    spin_unlock_irqrestore(&process_lock, irq);
}

NORETURN void user_thread_exit(int status)
{
    struct user_thread *ut = user_current();
    struct process *p = ut->process;
    unsigned long irq;
    bool is_last;

    futex_thread_exit(ut);
    leave_vspace(ut);

    irq = spin_lock_irqsave(&process_lock);
    pending_flush(&ut->pending, ~0ull);
    ut->has_left = true;
    is_last = p->nr_threads == 1;
    if (!is_last) {
        account(p, ut);
        signal_retarget_locked(ut, ~ut->blocked);
        user_thread_unpublish(ut);
        if (p->leader == ut)
            p->leader = NULL;
        if (p->is_stopping && p->nr_stopped == p->nr_threads)
            process_stop_locked(p, p->stop_signal);
        wait_wake_all(&p->thread_queue);
    } else if (!p->is_exiting) {
        p->is_exiting = true;
        p->exit_status = status;
    }
    spin_unlock_irqrestore(&process_lock, irq);
    if (!is_last)
        thread_exit();

    if (p->pid == 1) {
        if (EXIT_SIGNAL_OF(p->exit_status) != 0)
            log_err("init was killed by signal %d: powering off", EXIT_SIGNAL_OF(p->exit_status));
        else
            log_err("init exited with status %d: powering off", EXIT_CODE_OF(p->exit_status));
        if (p->exit_status != 0)
            power_off_failure();
        power_off();
    }
    give_up_resources(p);
    become_zombie(p, ut);
    thread_exit();
}

/* Make all threads but `except` see the request on their way to user mode.
 * REQUIRES(process_lock). */
static void rouse_threads(struct process *p, struct user_thread *except) REQUIRES(&process_lock)
{
    struct user_thread *ut;

    list_for_each_entry(ut, &p->threads, thread_node)
        if (ut != except)
            thread_interrupt(&ut->thread);
    wait_wake_all(&p->stop_queue);
    wait_wake_all(&p->thread_queue);
}

NORETURN void process_exit(int status)
{
    struct process *p = process_current();
    unsigned long irq = spin_lock_irqsave(&process_lock);

    if (!p->is_exiting) {
        p->is_exiting = true;
        p->exit_status = status;
        rouse_threads(p, user_current());
    }
    spin_unlock_irqrestore(&process_lock, irq);
    user_thread_exit(status);
}

/* --- on the way out, and exec ----------------------------------------------------------------- */

static bool may_go_on(const struct user_thread *ut)
{
    return !READ_ONCE(ut->process->is_stopping) || user_thread_must_leave(ut);
}

void process_checkpoint(void)
{
    struct user_thread *ut = user_current();
    struct process *p = ut->process;
    unsigned long irq = spin_lock_irqsave(&process_lock);

    for (;;) {
        if (user_thread_must_leave(ut)) {
            spin_unlock_irqrestore(&process_lock, irq);
            user_thread_exit(p->exit_status);
        }
        if (!p->is_stopping)
            break;
        ut->is_stopped = true;
        p->nr_stopped++;
        if (p->nr_stopped == p->nr_threads && p->state == PROCESS_ALIVE)
            process_stop_locked(p, p->stop_signal);
        spin_unlock_irqrestore(&process_lock, irq);
        wait_event(&p->stop_queue, may_go_on(ut));
        irq = spin_lock_irqsave(&process_lock);
        ut->is_stopped = false;
        p->nr_stopped--;
    }
    spin_unlock_irqrestore(&process_lock, irq);
}

int process_become_single(void)
{
    struct user_thread *ut = user_current();
    struct process *p = ut->process;
    unsigned long irq = spin_lock_irqsave(&process_lock);
    int err = 0;

    if (p->is_exiting || p->exec_thread)
        err = -EAGAIN;
    else if (p->nr_threads > 1)
        p->exec_thread = ut;
    if (p->exec_thread == ut)
        rouse_threads(p, ut);
    spin_unlock_irqrestore(&process_lock, irq);
    if (err)
        return err;
    wait_event(&p->thread_queue, READ_ONCE(p->nr_threads) == 1);

    irq = spin_lock_irqsave(&process_lock);
    if (ut->tid != p->pid)
        user_thread_renumber(ut, p->pid);
    p->leader = ut;
    p->exec_thread = NULL;
    if (p->is_exiting)
        err = -EAGAIN;
    spin_unlock_irqrestore(&process_lock, irq);
    return err;
}

void process_replace_vspace(struct vspace *vs)
{
    struct user_thread *ut = user_current();
    struct process *p = ut->process;
    struct vspace *old;
    unsigned long irq;

    if (ut->vspace)
        futex_thread_exit(ut);
    irq = spin_lock_irqsave(&process_lock);
    old = p->vspace;
    p->vspace = vs;
    ut->vspace = vs;
    p->has_execed = true;
    vspace_activate(vs);
    spin_unlock_irqrestore(&process_lock, irq);
    process_release_vfork_parent(p);
    if (old)
        vspace_put(old);
}

/* --- calls ------------------------------------------------------------------------------------ */

int64_t sys_exit(int status)
{
    user_thread_exit(EXIT_STATUS_CODE(status));
}

int64_t sys_exit_group(int status)
{
    process_exit(EXIT_STATUS_CODE(status));
}
