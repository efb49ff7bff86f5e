/*
 * Birth: what a child or a thread is born with, and without memory; vfork; the first process.
 */
#include "world.h"

#include <faultinject/faultinject.h>

/* --- what it is born with --------------------------------------------------------------------- */

/* Things that a child has from its parent, or has not. */
static void equip_parent(void)
{
    user_thread_set_name(p->leader, "parent");
    p->leader->blocked = SIGSET(SIGUSR1);
    signal_send_process_locked(p, SIGUSR1, NULL);
    p->actions[SIGUSR2 - 1].handler = HANDLER;
    p->limits[RLIMIT_AS].cur = GIB(5);
    p->nice = 3;
    p->no_new_privs = true;
    p->is_child_subreaper = true;
    p->parent_death_signal = SIGHUP;
    p->has_execed = true;
    p->oom_score_adj = -5;
    p->membarrier_state = 1;
    p->leader->robust_list = HANDLER;
    p->leader->altstack_base = 0x2000;
    p->leader->altstack_size = 8192;
    p->leader->altstack_flags = 0;
    user_frame(&p->leader->thread.arch)->pc = 0x1234;
    user_frame(&p->leader->thread.arch)->sp = 0x8000;
    arch_frame_set_result(user_frame(&p->leader->thread.arch), 99);
}

static void what_a_child_inherits(void **state)
{
    struct process *child;
    struct user_thread *ut;
    pid_t pid;

    (void)state;
    equip_parent();
    pid = fork_to(sleep_long, SIGCHLD);
    child = process_find(pid);
    ut = child->leader;
    assert_int_equal(child->parent_pid, 1000);
    assert_ptr_equal(child->group, p->group);
    assert_string_equal(child->name, "parent");
    assert_int_equal(child->limits[RLIMIT_AS].cur, GIB(5));
    assert_int_equal(ut->thread.nice, 3);
    assert_int_equal(child->actions[SIGUSR2 - 1].handler, HANDLER);
    assert_int_equal(ut->blocked, SIGSET(SIGUSR1));
    assert_int_equal(ut->altstack_size, 8192);
    assert_true(child->no_new_privs);
    assert_int_equal(child->oom_score_adj, -5);
    assert_int_equal(child->membarrier_state, 1);
    assert_ptr_equal(child->credentials, p->credentials);
    assert_int_equal(user_frame(&ut->thread.arch)->pc, 0x1234);
    assert_int_equal(user_frame(&ut->thread.arch)->sp, 0x8000);
    assert_int_equal(arch_frame_result(user_frame(&ut->thread.arch)), 0);
    kill_and_wait(pid);
}

static void what_a_child_has_for_itself(void **state)
{
    struct process *child;
    pid_t pid;

    (void)state;
    equip_parent();
    pid = fork_to(sleep_long, SIGCHLD);
    child = process_find(pid);
    assert_int_equal(signal_pending_set(child->leader), 0);
    assert_false(child->has_execed);
    assert_false(child->is_child_subreaper);
    assert_int_equal(child->parent_death_signal, 0);
    assert_int_equal(child->leader->robust_list, 0);
    assert_int_equal(child->leader->clear_child_tid, 0);
    assert_ptr_not_equal(child->vspace, p->vspace);
    assert_ptr_not_equal(child->files, p->files);
    assert_ptr_not_equal(child->fs, p->fs);
    kill_and_wait(pid);
}

static void what_threads_share(void **state)
{
    struct user_thread *ut;

    (void)state;
    equip_parent();
    ut = thread_to(sleep_long);
    assert_ptr_equal(ut->process, p);
    assert_int_equal(p->nr_threads, 2);
    assert_ptr_equal(ut->vspace, p->vspace);
    assert_int_equal(ut->blocked, SIGSET(SIGUSR1));
    assert_int_equal(signal_pending_set(ut), SIGSET(SIGUSR1)); /* the process's */
    assert_int_equal(ut->altstack_size, 0);                    /* of no use to two */
    assert_int_equal(ut->thread.nice, 3);
    assert_ptr_equal(ut->credentials, p->credentials);
    signal_send_thread(ut, SIGUSR2, NULL);
    let_others_run();
    assert_int_equal(p->nr_threads, 1);
}

static void flags_share_one_by_one(void **state)
{
    struct process *child;
    pid_t pid = fork_to(sleep_long, 0x700 | SIGCHLD); /* memory, directories, descriptors */

    (void)state;
    child = process_find(pid);
    assert_ptr_equal(child->vspace, p->vspace);
    assert_ptr_equal(child->fs, p->fs);
    assert_ptr_equal(child->files, p->files);
    kill_and_wait(pid);
    assert_int_equal(p->vspace->refcount, 1);
    assert_int_equal(p->fs->refcount, 1);
    assert_false(fd_table_is_shared(p->files));
}

static void a_sibling_by_clone_parent(void **state)
{
    pid_t pid;

    (void)state;
    p->exit_signal = SIGUSR1;
    init->actions[SIGUSR1 - 1].handler = HANDLER;
    pid = fork_to(sleep_long, CLONE_PARENT | SIGCHLD);
    assert_ptr_equal(process_find(pid)->parent, init);
    assert_int_equal(process_find(pid)->parent_pid, 1);
    assert_int_equal(process_find(pid)->exit_signal, SIGUSR1); /* the caller's own */
    assert_int_equal(sys_wait4(-1, 0, WALL, 0), -ECHILD);
    act_as(init->leader);
    kill_and_wait(pid);
}

/* Whichever allocation fails, nothing is left of the child. */
static void fork_without_memory(uint64_t flags)
{
    uint32_t word;
    uint64_t used = heap_used();
    int64_t ret;

    for (uint64_t nth = 1;; nth++) {
        alloc_fail_task_set(nth);
        body = exit_3;
        ret = sys_clone(flags, 0, USER(&word), 0, 0);
        if (alloc_fail_task_left() != 0)
            break;
        assert_int_equal(ret, -ENOMEM);
        assert_int_equal(nr_processes, 2);
        assert_int_equal(nr_user_threads, 2);
        assert_int_equal(fd_table_next(p->files, 0, NULL), -1);
        assert_int_equal(heap_used(), used);
    }
    alloc_fail_task_set(0);
    assert_true(ret > 0);
    let_others_run();
}

static void births_without_memory(void **state)
{
    (void)state;
    fork_without_memory(SIGCHLD);
    assert_int_equal(wait_for(-1, 0), 0x300);
    fork_without_memory(CLONE_PIDFD | SIGCHLD);
    assert_int_equal(wait_for(-1, 0), 0x300);
    assert_int_equal(fd_table_close(p->files, 0), 0);
    fork_without_memory(THREAD_FLAGS);
}

/* --- vfork ------------------------------------------------------------------------------------ */

static bool has_run;

static void run_late(void)
{
    thread_sleep_ns(1000);
    has_run = true;
    sys_exit(0);
}

static void vfork_waits_for_the_childs_end(void **state)
{
    (void)state;
    has_run = false;
    body = run_late;
    assert_true(sys_clone(CLONE_VM | CLONE_VFORK | SIGCHLD, 0, 0, 0, 0) > 0);
    assert_true(has_run);
    assert_int_equal(wait_for(-1, 0), 0);
    assert_int_equal(p->vspace->refcount, 1);
}

static void exec_and_sleep(void)
{
    has_run = true;
    process_replace_vspace(vspace_create(VSPACE_STAGE1, PAGE_SIZE, GIB(1)));
    sleep_long();
}

static void or_for_its_exec(void **state)
{
    pid_t pid;

    (void)state;
    has_run = false;
    body = exec_and_sleep;
    pid = (pid_t)sys_clone(CLONE_VM | CLONE_VFORK | SIGCHLD, 0, 0, 0, 0);
    assert_true(has_run);
    assert_int_equal(p->vspace->refcount, 1);
    assert_true(process_find(pid)->has_execed);
    kill_and_wait(pid);
}

static pid_t vfork_child;

static void kill_the_parent(void)
{
    vfork_child = user_current()->tid;
    signal_send_process_locked(process_current()->parent, SIGKILL, NULL);
    sleep_long();
}

static void vfork_and_be_killed(void)
{
    body = kill_the_parent;
    (void)sys_clone(CLONE_VM | CLONE_VFORK | SIGCHLD, 0, 0, 0, 0);
    process_checkpoint();
    sys_exit(98);
}

/* Nor does the child, which goes on, tell a parent that is no more. */
static void a_killed_parent_does_not_wait(void **state)
{
    pid_t pid = fork_to(vfork_and_be_killed, SIGCHLD);

    (void)state;
    assert_int_equal(wait_for(pid, 0), SIGKILL);
    assert_null(process_find(vfork_child)->vfork_waiter);
    act_as(init->leader);
    kill_and_wait(vfork_child);
}

/* --- the first process ------------------------------------------------------------------------ */

static int argument;

static void first_program(void *arg)
{
    struct process *me = process_current();

    assert_ptr_equal(arg, &argument);
    assert_int_equal(me->pid, 1);
    assert_int_equal(user_current()->tid, 1);
    assert_ptr_equal(process_find(1), me);
    assert_ptr_equal(me->leader, user_current());
    assert_null(me->parent);
    assert_ptr_equal(me->group->session->leader, me);
    assert_int_equal(me->group->pgid, 1);
    assert_int_equal(cred_current()->uid, 0);
    assert_int_equal(limit_current(RLIMIT_NOFILE), 1024);
    assert_non_null(me->files);
    assert_non_null(me->fs);
    argument = 1;
    for (;;)
        thread_sleep_ns(NS_PER_SEC);
}

static void the_first_process(void **state)
{
    struct path root;

    (void)state;
    assert_int_equal(vfs_lookup(&vfs_kernel_context, NULL, "/", 0, &root), 0);
    assert_int_equal(process_start_init(first_program, &argument, &root), 0);
    path_put(&root);
    thread_yield();
    assert_int_equal(argument, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_a_child_inherits),
        TEST(what_a_child_has_for_itself),
        TEST(what_threads_share),
        TEST(flags_share_one_by_one),
        TEST(a_sibling_by_clone_parent),
        TEST(births_without_memory),
        TEST(vfork_waits_for_the_childs_end),
        TEST(or_for_its_exec),
        TEST(a_killed_parent_does_not_wait),
        cmocka_unit_test(the_first_process),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
