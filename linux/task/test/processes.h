/*
 * Processes for host tests of the Linux personality: made by hand, without programs. The test is
 * whichever thread it says (act_as).
 */
#ifndef TASK_TEST_PROCESSES_H
#define TASK_TEST_PROCESSES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arch/cpu.h>
#include <base/errno.h>
#include <frame/frame.h>
#include <heap/heap.h>
#include <host/host.h>
#include <task/group.h>
#include <task/table.h>
#include <task/task.h>

#define USER(pointer) ((vaddr_t)(uintptr_t)(pointer))
#define BAD_ADDRESS   ((vaddr_t)8) /* nobody's memory */

static struct arch_thread *first_thread;

static const struct cred user_1000 = {.uid = 1000,
                                      .euid = 1000,
                                      .suid = 1000,
                                      .fsuid = 1000,
                                      .gid = 100,
                                      .egid = 100,
                                      .sgid = 100,
                                      .fsgid = 100,
                                      .cap_bounding = CAP_ALL};

static inline int world_init(void **state)
{
    static const struct frame_range ram = {{0x80000000}, MIB(64)};

    (void)state;
    first_thread = host_current;
    host_ram_init(ram.start, ram.size);
    if (frame_init(&ram, 1, NULL, 0) != 0 || heap_init() != 0)
        return -1;
    time_init(NS_PER_SEC);
    process_boot();
    return 0;
}

/* From now on the test is this thread. */
static inline void act_as(struct user_thread *ut)
{
    ut->thread.state = THREAD_RUNNABLE;
    ut->thread.on_rq = true;
    host_current = &ut->thread.arch;
}

static inline struct user_thread *make_thread(struct process *p, pid_t tid)
{
    struct user_thread *ut = user_thread_alloc(p, p->name);

    assert_non_null(ut);
    ut->tid = tid;
    ut->credentials = p->credentials;
    credentials_get(ut->credentials);
    user_thread_publish(ut);
    return ut;
}

/* With one thread; in the parent's group, or without a parent in a session of its own. */
static inline struct process *make_process(pid_t pid, struct process *parent,
                                           const struct cred *cred)
{
    struct process *p = process_alloc();

    assert_non_null(p);
    p->pid = pid;
    p->credentials = credentials_create(cred);
    p->exit_signal = SIGCHLD;
    for (unsigned i = 0; i < NR_RLIMITS; i++)
        p->limits[i] = (struct linux_rlimit){RLIM_INFINITY, RLIM_INFINITY};
    if (parent) {
        p->parent = parent;
        p->parent_pid = parent->pid;
        list_add_tail(&parent->children, &p->child_node);
        group_join(p, parent->group);
    } else {
        struct session *session = session_create(pid);

        group_join(p, group_create(pid, session));
        session->leader = p;
    }
    process_publish(p);
    p->leader = make_thread(p, pid);
    return p;
}

/* With a session of its own, whoever its parent is. */
static inline struct process *make_leader(pid_t pid, struct process *parent,
                                          const struct cred *cred)
{
    struct process *p = make_process(pid, NULL, cred);

    if (parent) {
        p->parent = parent;
        p->parent_pid = parent->pid;
        list_add_tail(&parent->children, &p->child_node);
    }
    return p;
}

/* The thread, and its process if it leads it, has these from now on. */
static inline void become(struct user_thread *ut, const struct cred *cred)
{
    struct arch_thread *previous = host_current;

    host_current = &ut->thread.arch;
    assert_int_equal(cred_commit(cred), 0);
    host_current = previous;
}

static inline void drop_thread(struct user_thread *ut)
{
    pending_flush(&ut->pending, ~0ull);
    if (ut->process->leader == ut)
        ut->process->leader = NULL;
    user_thread_unpublish(ut);
    ut->thread.state = THREAD_NEW;
    user_thread_free_unstarted(ut);
}

static inline void drop_process(struct process *p)
{
    struct user_thread *ut, *next;
    struct process *child, *next_child;

    list_for_each_entry_safe(child, next_child, &p->children, child_node) {
        list_del_init(&child->child_node);
        child->parent = NULL;
    }
    list_for_each_entry_safe(ut, next, &p->threads, thread_node)
        drop_thread(ut);
    pending_flush(&p->pending, ~0ull);
    list_del_init(&p->child_node);
    group_leave(p);
    process_unpublish(p);
    process_put(p);
}

/* Every process goes; nothing of them is left. */
static inline int world_end(void **state)
{
    struct process *p, *next;
    struct heap_stats stats;

    (void)state;
    host_current = first_thread;
    list_for_each_entry_safe(p, next, &process_all, all_node)
        drop_process(p);
    assert_int_equal(nr_processes, 0);
    assert_int_equal(nr_user_threads, 0);
    heap_stats(&stats);
    assert_int_equal(stats.used_bytes, 0);
    return 0;
}

#endif
