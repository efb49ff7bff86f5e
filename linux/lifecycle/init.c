/*
 * The first process.
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
    struct process_group *group = session ? group_create(1, session) : NULL;
    unsigned long flags;
    int err;

    if (!p || !ut || !group)
        return -ENOMEM;
    init_start = (struct init_start){.start = start, .arg = arg, .ut = ut};
    err = thread_init(&ut->thread, init_main, &init_start, "init", &attr);
    if (err)
        return err;
    ut->thread.arch.fpu.state = &ut->fpu;
    ut->refcount = 1;
    ut->process = p;
    process_get(p);
    pending_init(&ut->pending);
    ut->altstack_flags = 2;
    strlcpy(ut->name, "init", sizeof(ut->name));
    strlcpy(p->name, "init", sizeof(p->name));
    p->credentials = credentials_create(&cred_kernel);
    ut->credentials = p->credentials;
    rlimit_init(p->limits, nr_user_threads_max);
    p->files = fd_table_create();
    p->fs = fs_context_create(root);
    if (!p->files || !p->fs || !p->credentials)
        return -ENOMEM;
    credentials_get(p->credentials);

    flags = spin_lock_irqsave(&process_lock);
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
