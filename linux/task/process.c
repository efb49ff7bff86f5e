/*
 * struct process and struct user_thread: allocation, references, and the context switch of user
 * threads.
 */
#include <arch/uaccess.h>
#include <base/errno.h>
#include <fs_context/fs_context.h>
#include <heap/heap.h>
#include <reclaim/reclaim.h>
#include <string/string.h>
#include <task/table.h>
#include <user/user.h>
#include <vspace/vspace.h>

void process_get(struct process *p)
{
    __atomic_fetch_add(&p->refcount, 1, __ATOMIC_RELAXED);
}

void process_put(struct process *p)
{
    if (__atomic_fetch_sub(&p->refcount, 1, __ATOMIC_ACQ_REL) != 1)
        return;
    ASSUME_UNSHARED(&process_lock, "that was the last reference");
    credentials_put(p->credentials);
    heap_free(p);
}

bool process_may_map_at(uint64_t addr)
{
    return addr >= MMAP_MIN_ADDR || cred_has_cap(cred_current(), CAP_SYS_RAWIO);
}

bool process_may_inspect(const struct process *p, bool as_fs)
{
    const struct cred *me = cred_current(), *it = &p->credentials->cred;
    uint32_t uid = as_fs ? me->fsuid : me->uid, gid = as_fs ? me->fsgid : me->gid;
    uint64_t caps = as_fs ? me->cap_effective : me->cap_permitted;

    if (p == process_current() || cred_has_cap(me, CAP_SYS_PTRACE))
        return true;
    if (!READ_ONCE(p->is_dumpable) && READ_ONCE(p->vspace)) /* a zombie has nothing to dump */
        return false;
    return uid == it->uid && uid == it->euid && uid == it->suid && gid == it->gid &&
           gid == it->egid && gid == it->sgid && !(it->cap_permitted & ~caps);
}

struct process *process_alloc(void)
{
    struct process *p = heap_zalloc(sizeof(*p));

    if (!p)
        return NULL;
    ASSUME_UNSHARED(&process_lock, "nobody else sees the process yet");
    p->refcount = 1;
    list_init(&p->children);
    list_init(&p->child_node);
    list_init(&p->all_node);
    list_init(&p->pid_entry.node);
    list_init(&p->group_node);
    list_init(&p->threads);
    pending_init(&p->pending);
    list_init(&p->posix_timers);
    list_init(&p->forks);
    spin_init(&p->files_lock, "files of a process");
    wait_queue_init(&p->stop_queue);
    wait_queue_init(&p->wait_queue);
    wait_queue_init(&p->signal_queue);
    poll_head_init(&p->exit_poll);
    wait_queue_init(&p->thread_queue);
    p->is_dumpable = true;
    p->start_ns = time_now_ns();
    return p;
}

void cpu_timer_resume(struct process *p)
{
    if (__atomic_exchange_n(&p->cpu_timer.is_parked, 0, __ATOMIC_SEQ_CST))
        timer_arm_after(&p->cpu_timer.timer, p->cpu_timer.delay_ns);
}

/* --- threads ---------------------------------------------------------------------------------- */

static void switch_in(struct thread *prev, struct thread *next)
{
    struct user_thread *ut = container_of(next, struct user_thread, thread);

    (void)prev;
    thread_clock_resume(next);
    if (unlikely(READ_ONCE(ut->process->cpu_timer.is_parked)))
        cpu_timer_resume(ut->process);
    vspace_activate(ut->vspace);
}

/* Leave the space's page tables: they may be freed as soon as no thread runs in the space. */
static void switch_out(struct thread *prev, struct thread *next)
{
    thread_clock_pause(prev);
    if (next->ops != &user_thread_ops)
        vspace_activate(NULL);
}

static void release(struct thread *thread)
{
    arch_fpu_forget(&thread->arch);
    user_thread_put(container_of(thread, struct user_thread, thread));
}

void user_thread_get(struct user_thread *ut)
{
    __atomic_fetch_add(&ut->refcount, 1, __ATOMIC_RELAXED);
}

void user_thread_put(struct user_thread *ut)
{
    if (__atomic_fetch_sub(&ut->refcount, 1, __ATOMIC_ACQ_REL) != 1)
        return;
    credentials_put(ut->credentials);
    process_put(ut->process);
    heap_free(ut);
    reclaim_soon();
}

const struct thread_ops user_thread_ops = {
    .switch_in = switch_in,
    .switch_out = switch_out,
    .release = release,
};

/* Entry of a forked or cloned thread: its frame is ready; store its tid and enter user mode. */
static void first_steps(void *arg)
{
    struct user_thread *ut = arg;

    if (ut->set_child_tid && put_user_u32(ut->set_child_tid, (uint32_t)ut->tid) != 0)
        ut->set_child_tid = 0;
    user_time_starts(ut);
    user_enter();
}

struct user_thread *user_thread_alloc(struct process *p, const char *name)
{
    struct user_thread *ut = heap_zalloc(sizeof(*ut));
    /* The nice value is checked again when the thread is published. */
    struct thread_attr attr = {.ops = &user_thread_ops, .nice = READ_ONCE(p->nice)};

    if (!ut)
        return NULL;
    if (thread_init(&ut->thread, first_steps, ut, name, &attr) != 0) {
        heap_free(ut);
        return NULL;
    }
    ASSUME_UNSHARED(&process_lock, "nobody else sees the thread yet");
    ut->thread.arch.fpu.state = &ut->fpu;
    ut->refcount = 1;
    ut->process = p;
    process_get(p);
    list_init(&ut->thread_node);
    list_init(&ut->tid_entry.node);
    pending_init(&ut->pending);
    ut->altstack_flags = 2; /* SS_DISABLE */
    strlcpy(ut->name, name, sizeof(ut->name));
    return ut;
}

void user_thread_set_name(struct user_thread *ut, const char *name)
{
    unsigned long flags = spin_lock_irqsave(&process_lock);

    memset(ut->name, 0, sizeof(ut->name));
    strlcpy(ut->name, name, sizeof(ut->name));
    if (ut->tid == ut->process->pid)
        memcpy(ut->process->name, ut->name, sizeof(ut->name));
    spin_unlock_irqrestore(&process_lock, flags);
}

void user_thread_free_unstarted(struct user_thread *ut)
{
    thread_fini(&ut->thread);
    user_thread_put(ut);
}

/* --- credentials ------------------------------------------------------------------------------ */

void cred_replace(struct credentials *credentials)
{
    struct user_thread *ut = user_current();
    struct process *p = ut->process;
    struct credentials *old = ut->credentials, *old_of_leader = NULL;
    unsigned long irq = spin_lock_irqsave(&process_lock);

    ut->credentials = credentials;
    if (p->leader == ut) {
        credentials_get(credentials);
        old_of_leader = p->credentials;
        p->credentials = credentials;
    }
    spin_unlock_irqrestore(&process_lock, irq);
    credentials_put(old);
    credentials_put(old_of_leader);
}

int cred_commit(const struct cred *cred)
{
    struct credentials *credentials;

    if (memcmp(cred, cred_current(), sizeof(*cred)) == 0)
        return 0;
    credentials = credentials_create(cred);
    if (!credentials)
        return -ENOMEM;
    cred_replace(credentials);
    return 0;
}

/* --- looking at other processes --------------------------------------------------------------- */

struct vspace *process_vspace_get(struct process *p)
{
    unsigned long flags = spin_lock_irqsave(&process_lock);
    struct vspace *vs = p->vspace;

    if (vs)
        vspace_get(vs);
    spin_unlock_irqrestore(&process_lock, flags);
    return vs;
}

struct fs_context *process_fs_get(struct process *p)
{
    unsigned long flags = spin_lock_irqsave(&process_lock);
    struct fs_context *fs = p->fs;

    if (fs)
        fs_context_get(fs);
    spin_unlock_irqrestore(&process_lock, flags);
    return fs;
}

void process_times(struct process *p, uint64_t *utime_ns, uint64_t *stime_ns)
{
    unsigned long flags = spin_lock_irqsave(&process_lock);

    process_times_locked(p, utime_ns, stime_ns);
    spin_unlock_irqrestore(&process_lock, flags);
}

void process_times_locked(struct process *p, uint64_t *utime_ns, uint64_t *stime_ns)
{
    struct user_thread *ut;

    *utime_ns = p->dead_utime_ns;
    *stime_ns = p->dead_stime_ns;
    list_for_each_entry(ut, &p->threads, thread_node) {
        uint64_t user = thread_user_ns(&ut->thread);
        uint64_t total = thread_run_ns(&ut->thread);

        *utime_ns += user;
        *stime_ns += total > user ? total - user : 0;
    }
}

char user_thread_state_letter(const struct user_thread *ut)
{
    if (ut->is_stopped)
        return 'T';
    switch (ut->thread.state) {
    case THREAD_INTERRUPTIBLE:
        return 'S';
    case THREAD_BLOCKED:
        return 'D';
    case THREAD_DEAD:
        return 'Z';
    default:
        return 'R';
    }
}

char process_state_letter(const struct process *p)
{
    if (p->state == PROCESS_ZOMBIE)
        return 'Z';
    if (p->state == PROCESS_DEAD)
        return 'X';
    if (p->state == PROCESS_STOPPED)
        return 'T';
    if (p->leader)
        return user_thread_state_letter(p->leader);
    return 'S';
}
