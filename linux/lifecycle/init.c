/*
 * Creation of the first process (pid 1).
 */
#include "internal.h"

#include <fdtable/fdtable.h>
#include <rlimit/rlimit.h>

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
    struct credentials *credentials = credentials_create(&cred_kernel);
    struct process_group *group;
    unsigned long flags;
    int err;

    if (!p || !ut || !session || !credentials)
        return -ENOMEM;
    init_start = (struct init_start){.start = start, .arg = arg, .ut = ut};
    err = thread_init(&ut->thread, init_main, &init_start, "init", &attr);
    if (err)
        return err;
    ut->thread.arch.fpu.state = &ut->fpu;
    ut->refcount = 1;
    ut->process = p;
    process_get(p);
    UNLOCKED_DO(pending_init(&ut->pending), "nobody else sees the thread");
    ut->altstack_flags = 2;
    strlcpy(ut->name, "init", sizeof(ut->name));
    strlcpy(p->name, "init", sizeof(p->name));
    rlimit_init(p->limits, nr_user_threads_max);
    p->files = fd_table_create();
    p->fs = fs_context_create(root);
    if (!p->files || !p->fs)
        return -ENOMEM;

    flags = spin_lock_irqsave(&process_lock);
    group = group_create(1, session);
    if (!group) {
        spin_unlock_irqrestore(&process_lock, flags);
        return -ENOMEM;
    }
    p->credentials = ut->credentials = credentials;
    credentials_get(credentials);
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
