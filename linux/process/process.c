/*
 * The structures themselves: making, counting, freeing; the context switch of user threads; init.
 */
#include "internal.h"

#include <arch/uaccess.h>
#include <reclaim/reclaim.h>
#include <user/user.h>

void process_get(struct process *p)
{
    __atomic_fetch_add(&p->refcount, 1, __ATOMIC_RELAXED);
}

void process_put(struct process *p)
{
    if (__atomic_fetch_sub(&p->refcount, 1, __ATOMIC_ACQ_REL) == 1)
        heap_free(p);
}

bool process_may_map_at(uint64_t addr)
{
    return addr >= MMAP_MIN_ADDR || cred_has_cap(&process_current()->credentials, CAP_SYS_RAWIO);
}

struct process *process_alloc(void)
{
    struct process *p = heap_zalloc(sizeof(*p));

    if (!p)
        return NULL;
    p->refcount = 1;
    list_init(&p->children);
    list_init(&p->child_node);
    list_init(&p->all_node);
    list_init(&p->pid_node);
    list_init(&p->group_node);
    list_init(&p->threads);
    list_init(&p->pending.queue);
    list_init(&p->posix_timers);
    list_init(&p->forks);
    spin_init(&p->files_lock, "files of a process");
    wait_queue_init(&p->stop_queue);
    wait_queue_init(&p->wait_queue);
    wait_queue_init(&p->signal_queue);
    poll_head_init(&p->exit_poll);
    wait_queue_init(&p->thread_queue);
    p->is_dumpable = true;
    p->cred_generation = 1;
    p->start_ns = time_now_ns();
    return p;
}

/* --- threads ---------------------------------------------------------------------------------- */

static void switch_in(struct thread *prev, struct thread *next)
{
    struct user_thread *ut = container_of(next, struct user_thread, thread);

    (void)prev;
    if (next->mark_ticks)
        next->mark_ticks = time_now_ticks();
    if (unlikely(READ_ONCE(ut->process->cpu_timer.is_parked)))
        cpu_timer_resume(ut->process);
    vspace_activate(ut->vspace);
}

/* The tables of a space may be freed as soon as nobody runs in it: nobody else keeps them loaded.
 */
static void switch_out(struct thread *prev, struct thread *next)
{
    if (prev->mark_ticks) /* preempted in user mode */
        prev->user_ticks += time_now_ticks() - prev->mark_ticks;
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
    process_put(ut->process);
    heap_free(ut);
    reclaim_soon();
}

const struct thread_ops user_thread_ops = {
    .switch_in = switch_in,
    .switch_out = switch_out,
    .release = release,
};

/* The first thing a forked or cloned thread does: its frame is ready, only its number is to be
 * told. */
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
    /* Who publishes the thread looks again whether the value has changed. */
    struct thread_attr attr = {.ops = &user_thread_ops, .nice = READ_ONCE(p->nice)};

    if (!ut)
        return NULL;
    if (thread_init(&ut->thread, first_steps, ut, name, &attr) != 0) {
        heap_free(ut);
        return NULL;
    }
    ut->thread.arch.fpu = &ut->fpu;
    ut->refcount = 1;
    ut->process = p;
    process_get(p);
    list_init(&ut->thread_node);
    list_init(&ut->tid_node);
    list_init(&ut->pending.queue);
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

/* --- init ------------------------------------------------------------------------------------- */

struct init_start {
    void (*start)(void *arg);
    void *arg;
    struct user_thread *ut;
};
static struct init_start init_start;

static void init_main(void *arg)
{
    struct init_start *s = arg;

    s->start(s->arg);
    process_exit(EXIT_STATUS_CODE(1));
}

int process_start_init(void (*start)(void *arg), void *arg, const struct path *root)
{
    struct process *p = process_alloc();
    struct thread_attr attr = {.ops = &user_thread_ops};
    struct user_thread *ut = heap_zalloc(sizeof(*ut));
    struct session *session = session_create(1);
    struct process_group *group = session ? group_create(1, session) : NULL;
    unsigned long flags;
    int err;

    if (!p || !ut || !group)
        return -ENOMEM;
    init_start = (struct init_start){.start = start, .arg = arg, .ut = ut};
    err = thread_init(&ut->thread, init_main, &init_start, "init", &attr);
    if (err)
        return err;
    ut->thread.arch.fpu = &ut->fpu;
    ut->refcount = 1;
    ut->process = p;
    process_get(p);
    list_init(&ut->pending.queue);
    ut->altstack_flags = 2;
    strlcpy(ut->name, "init", sizeof(ut->name));
    strlcpy(p->name, "init", sizeof(p->name));
    p->credentials = cred_kernel;
    limits_init(p);
    p->files = fd_table_create();
    p->fs = fs_context_create(root);
    if (!p->files || !p->fs)
        return -ENOMEM;

    flags = spin_lock_irqsave(&process_lock);
    p->account = user_account_get(p->credentials.uid);
    if (!p->account) {
        spin_unlock_irqrestore(&process_lock, flags);
        return -ENOMEM;
    }
    p->pid = 1;
    ut->tid = 1;
    p->leader = ut;
    session->leader = p;
    group_join(p, group);
    process_publish(p);
    user_thread_publish(ut);
    spin_unlock_irqrestore(&process_lock, flags);
    thread_start(&ut->thread);
    thread_detach(&ut->thread);
    return 0;
}
