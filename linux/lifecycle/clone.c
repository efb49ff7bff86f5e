/*
 * clone(2), clone3(2): create processes and threads (fork and vfork are clone with few flags).
 */
#include "internal.h"

#include <abi/syscalls.h>
#include <arch/uaccess.h>
#include <clock/timers.h>
#include <fdtable/fdtable.h>
#include <anon/pidfd.h>
#include <user/user.h>

#define CLONE_SIGNAL_MASK    0xffull
#define CLONE_VM             0x00000100ull
#define CLONE_FS             0x00000200ull
#define CLONE_FILES          0x00000400ull
#define CLONE_SIGHAND        0x00000800ull
#define CLONE_PIDFD          0x00001000ull
#define CLONE_PTRACE         0x00002000ull
#define CLONE_VFORK          0x00004000ull
#define CLONE_PARENT         0x00008000ull
#define CLONE_THREAD         0x00010000ull
#define CLONE_SYSVSEM        0x00040000ull
#define CLONE_SETTLS         0x00080000ull
#define CLONE_PARENT_SETTID  0x00100000ull
#define CLONE_CHILD_CLEARTID 0x00200000ull
#define CLONE_DETACHED       0x00400000ull
#define CLONE_UNTRACED       0x00800000ull
#define CLONE_CHILD_SETTID   0x01000000ull
#define CLONE_IO             0x80000000ull
#define CLONE_CLEAR_SIGHAND  0x100000000ull
#define CLONE_KNOWN                                                                                \
    (CLONE_SIGNAL_MASK | CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_VFORK |         \
     CLONE_PARENT | CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID |            \
     CLONE_CHILD_CLEARTID | CLONE_DETACHED | CLONE_UNTRACED | CLONE_CHILD_SETTID | CLONE_IO |      \
     CLONE_CLEAR_SIGHAND | CLONE_PTRACE | CLONE_PIDFD)

struct clone_request {
    uint64_t flags;
    int exit_signal;
    uint64_t stack; /* the new sp; 0: as the caller's */
    uint64_t parent_tid, child_tid, tls;
    uint64_t pidfd; /* where the pidfd number is stored */
};

static int check(const struct clone_request *r)
{
    uint64_t f = r->flags;

    if (f & ~CLONE_KNOWN) {
        static bool said;

        if (!said)
            log_warn("clone: flags %#lx are not supported", (unsigned long)(f & ~CLONE_KNOWN));
        said = true;
        return -EINVAL;
    }
    if ((f & CLONE_THREAD) && (~f & (CLONE_VM | CLONE_SIGHAND)))
        return -EINVAL;
    /* Check the flags: threads share everything; processes may share memory, files and directories,
     * but not signal actions. */
    if ((f & CLONE_THREAD) && (~f & (CLONE_FS | CLONE_FILES)))
        return -EINVAL;
    if ((f & CLONE_SIGHAND) && !(f & CLONE_THREAD))
        return -EINVAL;
    if ((f & CLONE_SIGHAND) && (f & CLONE_CLEAR_SIGHAND))
        return -EINVAL;
    if ((f & CLONE_PIDFD) && (f & (CLONE_THREAD | CLONE_DETACHED)))
        return -EINVAL;
    if ((f & CLONE_PIDFD) && (f & CLONE_PARENT_SETTID) && r->pidfd == r->parent_tid)
        return -EINVAL;
    if ((f & CLONE_PARENT) && process_current()->pid == 1)
        return -EINVAL; /* init has no parent to share */
    if (r->exit_signal < 0 || r->exit_signal > NR_SIGNALS)
        return -EINVAL;
    return 0;
}

/* Share or copy what the child inherits. On failure the caller undoes it with discard(). */
static int inherit(struct process *child, struct process *parent, const struct clone_request *r)
{
    unsigned long irq;
    int err = 0;

    irq = spin_lock_irqsave(&process_lock);
    child->credentials = user_current()->credentials;
    credentials_get(child->credentials);
    memcpy(child->limits, parent->limits, sizeof(child->limits));
    memcpy(child->actions, parent->actions, sizeof(child->actions));
    memcpy(child->name, parent->name, sizeof(child->name));
    child->personality = parent->personality;
    child->no_new_privs = READ_ONCE(parent->no_new_privs);
    child->is_dumpable = READ_ONCE(parent->is_dumpable);
    child->nice = parent->nice;
    child->oom_score_adj = parent->oom_score_adj;
    child->oom_score_adj_min = parent->oom_score_adj_min;
    child->io_priority = parent->io_priority;
    child->membarrier_state = parent->membarrier_state;
    child->executable = parent->executable;
    if (child->executable)
        file_get(child->executable);
    if (r->flags & CLONE_CLEAR_SIGHAND) {
        for (unsigned i = 0; i < NR_SIGNALS; i++)
            if (child->actions[i].handler != SIG_IGN)
                child->actions[i] = (struct signal_action){0};
    }
    spin_unlock_irqrestore(&process_lock, irq);

    if (r->flags & CLONE_FILES) {
        fd_table_get(parent->files);
        child->files = parent->files;
    } else {
        child->files = fd_table_fork(parent->files);
    }
    if (r->flags & CLONE_FS) {
        fs_context_get(parent->fs);
        child->fs = parent->fs;
    } else {
        child->fs = fs_context_fork(parent->fs);
    }
    if (!child->files || !child->fs)
        return -ENOMEM;

    if (r->flags & CLONE_VM) {
        vspace_get(parent->vspace);
        child->vspace = parent->vspace;
        return 0;
    }
    child->vspace = vspace_create(VSPACE_STAGE1, parent->vspace->base, parent->vspace->limit);
    if (child->vspace)
        child->vspace->place_base = parent->vspace->place_base;
    if (child->vspace)
        err = vspace_fork(child->vspace, parent->vspace);
    return child->vspace ? err : -ENOMEM;
}

static void discard(struct process *child)
{
    struct file *executable;

    if (child->files)
        fd_table_put(child->files);
    if (child->fs)
        fs_context_put(child->fs);
    if (child->vspace)
        vspace_put(child->vspace);
    executable = UNLOCKED(child->executable, "nobody else sees the child");
    if (executable)
        file_put(executable);
    process_put(child);
}

/* Set the new thread's registers, signal mask and the addresses where its tid is stored. */
static void equip(struct user_thread *ut, const struct clone_request *r)
{
    struct user_thread *me = user_current();
    struct trap_frame *frame = user_frame(&ut->thread.arch);

    *frame = *user_frame(&me->thread.arch);
    arch_frame_set_result(frame, 0);
    if (r->stack)
        arch_frame_set_sp(frame, r->stack);
    if (r->flags & CLONE_SETTLS)
        arch_frame_set_tls(frame, r->tls);
    arch_fpu_save(&me->thread.arch);
    ut->fpu = me->fpu;
    ut->credentials = me->credentials;
    credentials_get(ut->credentials);
    ut->blocked = me->blocked;
    /* SCHED_RESET_ON_FORK resets real-time policies, of which there are none; the flag itself is
     * not inherited. */
    ut->sched_policy = me->sched_policy & ~SCHED_RESET_ON_FORK;
    ut->vspace = ut->process->vspace;
    memcpy(ut->name, me->name, sizeof(ut->name));
    if (!(r->flags & CLONE_VM) || (r->flags & CLONE_VFORK)) {
        ut->altstack_base = me->altstack_base;
        ut->altstack_size = me->altstack_size;
        ut->altstack_flags = me->altstack_flags;
    }
    if (r->flags & CLONE_CHILD_SETTID)
        ut->set_child_tid = r->child_tid;
    if (r->flags & CLONE_CHILD_CLEARTID)
        ut->clear_child_tid = r->child_tid;
}

static pid_t clone_thread(const struct clone_request *r)
{
    struct process *p = process_current();
    struct user_thread *ut = user_thread_alloc(p, p->name);
    unsigned long irq;
    pid_t tid;

    if (!ut)
        return -ENOMEM;
    equip(ut, r);
    irq = spin_lock_irqsave(&process_lock);
    tid = p->is_exiting || p->exec_thread ? -EAGAIN : pid_choose(p);
    if (ut->thread.nice != p->nice && thread_set_nice(&ut->thread, p->nice) != 0)
        tid = -EAGAIN; /* a setpriority() came in between; the value is valid */
    if (tid > 0) {
        ut->tid = tid;
        user_thread_publish(ut);
        signal_recalculate_locked(ut); /* park the new thread too if the process is stopping */
    }
    spin_unlock_irqrestore(&process_lock, irq);
    if (tid < 0) {
        user_thread_free_unstarted(ut);
        return tid;
    }
    if ((r->flags & CLONE_PARENT_SETTID) && put_user_u32(r->parent_tid, (uint32_t)tid) != 0)
        log_debug("clone: the parent's tid pointer is bad");
    thread_start(&ut->thread);
    thread_detach(&ut->thread);
    return tid;
}

/* Begin a fork. -ERESTARTNOINTR: take the pending signal first. fork_end() must follow success. */
static int fork_begin(struct fork_in_flight *fork)
{
    unsigned long irq = spin_lock_irqsave(&process_lock);
    int err = 0;

    signal_recalculate_locked(user_current());
    if (signal_is_pending())
        err = -ERESTARTNOINTR;
    else
        list_add(&process_current()->forks, &fork->node);
    spin_unlock_irqrestore(&process_lock, irq);
    return err;
}

static void fork_end(struct fork_in_flight *fork)
{
    unsigned long irq = spin_lock_irqsave(&process_lock);

    list_del(&fork->node);
    spin_unlock_irqrestore(&process_lock, irq);
}

/* True when the vfork child has left the shared memory, or when we must leave ourselves. */
static bool vfork_is_over(struct process *child)
{
    return !__atomic_load_n(&child->vfork_waiter, __ATOMIC_ACQUIRE) ||
           user_thread_must_leave(user_current());
}

static void vfork_wait(struct process *child)
{
    unsigned long irq;

    wait_event(&process_current()->thread_queue, vfork_is_over(child));
    irq = spin_lock_irqsave(&process_lock);
    child->vfork_waiter = NULL; /* the child may outlive us */
    spin_unlock_irqrestore(&process_lock, irq);
}

static int join_family(struct process *child, struct user_thread *ut, const struct clone_request *r,
                       const struct fork_in_flight *fork)
{
    struct process *me = process_current(), *parent;
    unsigned long irq = spin_lock_irqsave(&process_lock);
    pid_t pid;

    parent = r->flags & CLONE_PARENT ? me->parent : me;
    if (user_thread_must_leave(user_current()))
        pid = -ERESTARTNOINTR;
    else
        pid = pid_choose(me);
    if (pid > 0) {
        child->pid = pid;
        ut->tid = pid;
        child->leader = ut;
        child->parent = parent;
        WRITE_ONCE(child->parent_pid, parent->pid);
        child->exit_signal = parent == me ? r->exit_signal : me->exit_signal;
        list_add_tail(&parent->children, &child->child_node);
        group_join(child, me->group);
        process_get(child); /* the table's reference; the allocation's goes to the parent's wait */
        process_publish(child);
        child->pending.set = fork->signals;
        if (child->limits[RLIMIT_CPU].cur != RLIM_INFINITY)
            cpu_timer_restart_locked(child);
        user_thread_publish(ut);
        signal_recalculate_locked(ut);
        nr_forks++;
    }
    spin_unlock_irqrestore(&process_lock, irq);
    return pid;
}

/* CLONE_PIDFD: store the number before the child exists, so that a failed store can be undone. */
static int join_with_pidfd(struct process *child, struct user_thread *ut,
                           const struct clone_request *r, const struct fork_in_flight *fork)
{
    struct file *file;
    int fd = pidfd_reserve(child, &file), ret;

    if (fd < 0)
        return fd;
    ret = put_user_u32(r->pidfd, (uint32_t)fd) != 0 ? -EFAULT : join_family(child, ut, r, fork);
    if (ret > 0)
        pidfd_publish(fd, file);
    else
        pidfd_withdraw(fd, file);
    return ret;
}

/* Create the child and publish it, without starting it; *childp holds a reference for the
 * caller. */
static pid_t make_child(const struct clone_request *r, const struct fork_in_flight *fork,
                        struct process **childp)
{
    struct process *parent = process_current();
    struct process *child = *childp = process_alloc();
    struct user_thread *ut;
    pid_t pid;
    int err;

    if (!child)
        return -ENOMEM;
    err = inherit(child, parent, r);
    if (err) {
        discard(child);
        return err;
    }
    ut = user_thread_alloc(child, parent->name);
    if (!ut) {
        discard(child);
        return -ENOMEM;
    }
    equip(ut, r);
    child->vfork_waiter = r->flags & CLONE_VFORK ? parent : NULL;
    pid = r->flags & CLONE_PIDFD ? join_with_pidfd(child, ut, r, fork)
                                 : join_family(child, ut, r, fork);
    if (pid < 0) {
        user_thread_free_unstarted(ut);
        discard(child);
    }
    return pid;
}

static pid_t clone_process(const struct clone_request *r)
{
    struct fork_in_flight fork = {0};
    struct process *child;
    struct thread *thread;
    pid_t pid = fork_begin(&fork);

    if (pid < 0)
        return pid;
    pid = make_child(r, &fork, &child);
    fork_end(&fork);
    if (pid < 0)
        return pid;
    if ((r->flags & CLONE_PARENT_SETTID) && put_user_u32(r->parent_tid, (uint32_t)pid) != 0)
        log_debug("clone: the parent's tid pointer is bad");
    thread = &UNLOCKED(child->leader, "it stays: nothing has run yet")->thread;
    thread_start(thread);
    thread_detach(thread);
    if (r->flags & CLONE_VFORK)
        vfork_wait(child);
    process_put(child);
    return pid;
}

static int64_t clone(const struct clone_request *r)
{
    int err = check(r);

    if (err)
        return err;
    return r->flags & CLONE_THREAD ? clone_thread(r) : clone_process(r);
}

/* riscv: clone(flags, stack, parent_tid, tls, child_tid). */
int64_t sys_clone(uint64_t flags, vaddr_t stack, vaddr_t parent_tid, vaddr_t tls, vaddr_t child_tid)
{
    struct clone_request r = {
        .flags = flags & ~CLONE_SIGNAL_MASK & 0xffffffff,
        .exit_signal = (int)(flags & CLONE_SIGNAL_MASK),
        .stack = stack,
        .parent_tid = parent_tid,
        .tls = tls,
        .child_tid = child_tid,
        .pidfd = parent_tid,
    };

    return clone(&r);
}

int64_t sys_clone3(vaddr_t uargs, size_t size)
{
    struct {
        uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid,
            set_tid_size, cgroup;
    } args = {0};
    struct clone_request r;
    int err;

    if (size < 64)
        return -EINVAL;
    if (size > PAGE_SIZE)
        return -E2BIG;
    if (copy_from_user(&args, uargs, MIN(size, sizeof(args))) != 0)
        return -EFAULT;
    err = check_zero_from_user(uargs + sizeof(args), size - MIN(size, sizeof(args)));
    if (err)
        return err;
    if (args.set_tid_size || (args.flags & (CLONE_SIGNAL_MASK | CLONE_DETACHED)) ||
        args.exit_signal > NR_SIGNALS || (args.stack == 0) != (args.stack_size == 0))
        return -EINVAL;
    if (args.exit_signal && (args.flags & (CLONE_THREAD | CLONE_PARENT)))
        return -EINVAL; /* there is none of its own */
    r = (struct clone_request){
        .flags = args.flags,
        .exit_signal = (int)args.exit_signal,
        .stack = args.stack ? args.stack + args.stack_size : 0,
        .parent_tid = args.parent_tid,
        .child_tid = args.child_tid,
        .tls = args.tls,
        .pidfd = args.pidfd,
    };
    return clone(&r);
}

int64_t sys_set_tid_address(vaddr_t tid)
{
    user_current()->clear_child_tid = tid;
    return user_current()->tid;
}
