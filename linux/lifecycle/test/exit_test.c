/*
 * The end of threads and processes: orphans, threads of a process that ends, stops while threads
 * leave, what exec does to the others, init.
 */
#include "world.h"

#include <power/power.h>

/* --- orphans ---------------------------------------------------------------------------------- */

static pid_t grandchild, dead_grandchild;

static void leave_two_children(void)
{
    dead_grandchild = fork_to(exit_3, SIGCHLD);
    grandchild = fork_to(sleep_long, SIGUSR2);
    process_find(grandchild)->parent_death_signal = SIGUSR1;
    process_find(grandchild)->actions[SIGUSR1 - 1].handler = HANDLER;
    process_find(grandchild)->leader->blocked = SIGSET(SIGUSR1);
    sys_exit(0);
}

static void orphans_go_to_init(void **state)
{
    pid_t pid = fork_to(leave_two_children, SIGCHLD);
    struct process *orphan;

    (void)state;
    assert_int_equal(wait_for(pid, 0), 0);
    orphan = process_find(grandchild);
    assert_ptr_equal(orphan->parent, init);
    assert_int_equal(orphan->parent_pid, 1);
    assert_int_equal(orphan->exit_signal, SIGCHLD);
    assert_int_equal(orphan->pending.set, SIGSET(SIGUSR1));
    assert_ptr_equal(process_find(dead_grandchild)->parent, init);
    act_as(init->leader);
    assert_int_equal(sys_wait4(dead_grandchild, 0, 0, 0), dead_grandchild);
    kill_and_wait(grandchild);
}

static void or_to_who_collects_them(void **state)
{
    pid_t pid;

    (void)state;
    p->is_child_subreaper = true;
    pid = fork_to(leave_two_children, SIGCHLD);
    assert_int_equal(wait_for(pid, 0), 0);
    assert_int_equal(wait_for(dead_grandchild, 0), 0x300);
    kill_and_wait(grandchild);
}

/* Dead children go at once where their new parent wants to hear of none. */
static void an_heir_that_ignores_sigchld(void **state)
{
    pid_t pid;

    (void)state;
    init->actions[SIGCHLD - 1].handler = SIG_IGN;
    pid = fork_to(leave_two_children, SIGCHLD);
    assert_int_equal(wait_for(pid, 0), 0);
    assert_null(process_find(dead_grandchild));
    signal_send_process_locked(process_find(grandchild), SIGKILL, NULL);
    let_others_run();
    assert_int_equal(nr_processes, 2);
}

/* A job that stops, and sleeps when it goes on. */
static void stop_and_sleep(void)
{
    struct process *me = process_current();

    group_join(me, group_create(me->pid, me->group->session));
    me->actions[SIGHUP - 1].handler = HANDLER;
    user_current()->blocked = SIGSET(SIGHUP) | SIGSET(SIGCONT);
    process_stop_locked(me, SIGTSTP);
    process_checkpoint();
    signal_recalculate_locked(user_current());
    sleep_long();
}

static void leave_a_stopped_job(void)
{
    grandchild = fork_to(stop_and_sleep, SIGCHLD);
    assert_int_equal(process_find(grandchild)->state, PROCESS_STOPPED);
    sys_exit(0);
}

/* Nobody is left who could continue it. */
static void a_stopped_job_of_a_shell_that_ends(void **state)
{
    (void)state;
    (void)wait_for(fork_to(leave_a_stopped_job, SIGCHLD), 0);
    assert_int_equal(process_find(grandchild)->pending.set, SIGSET(SIGHUP) | SIGSET(SIGCONT));
    assert_int_equal(process_find(grandchild)->state, PROCESS_ALIVE);
    act_as(init->leader);
    kill_and_wait(grandchild);
}

static void lead_a_session(void)
{
    struct process *me = process_current();

    group_join(me, group_create(me->pid, session_create(me->pid)));
    me->group->session->leader = me;
    grandchild = fork_to(sleep_long, SIGCHLD);
    sys_exit(0);
}

static void a_session_outlives_its_leader(void **state)
{
    pid_t pid = fork_to(lead_a_session, SIGCHLD);
    struct session *session;

    (void)state;
    assert_int_equal(wait_for(pid, 0), 0);
    session = process_find(grandchild)->group->session;
    assert_int_equal(session->sid, pid);
    assert_null(session->leader);
    act_as(init->leader);
    kill_and_wait(grandchild);
}

/* --- threads ---------------------------------------------------------------------------------- */

static void leader_leaves_first(void)
{
    body = exit_3;
    assert_true(sys_clone(THREAD_FLAGS, 0, 0, 0, 0) > 0);
    sys_exit(1);
}

static void the_last_thread_says_the_status(void **state)
{
    (void)state;
    assert_int_equal(wait_for(fork_to(leader_leaves_first, SIGCHLD), 0), 0x300);
}

static void leader_leaves_a_sleeper(void)
{
    (void)thread_to(sleep_long);
    sys_exit(1);
}

static void a_process_without_its_leader_lives(void **state)
{
    pid_t pid = fork_to(leader_leaves_a_sleeper, SIGCHLD);

    (void)state;
    assert_int_equal(sys_wait4(pid, 0, WNOHANG, 0), 0);
    assert_int_equal(process_find(pid)->state, PROCESS_ALIVE);
    assert_null(process_find(pid)->leader);
    assert_null(user_thread_find(pid));
    assert_int_equal(sys_waitid(1, pid, 0, WUNTRACED | WNOHANG, 0), 0);
    kill_and_wait(pid);
}

static void one_ends_all(void)
{
    for (int i = 0; i < 3; i++)
        (void)thread_to(sleep_long);
    assert_int_equal(process_current()->nr_threads, 4);
    sys_exit_group(5);
}

static void exit_group_ends_all_threads(void **state)
{
    (void)state;
    assert_int_equal(wait_for(fork_to(one_ends_all, SIGCHLD), 0), 0x500);
    assert_int_equal(nr_user_threads, 2);
}

static void exit_5(void)
{
    sys_exit_group(5);
}

static void two_end_all(void)
{
    body = exit_5;
    assert_true(sys_clone(THREAD_FLAGS, 0, 0, 0, 0) > 0);
    sys_exit_group(6);
}

static void the_first_exit_group_says_the_status(void **state)
{
    (void)state;
    assert_int_equal(wait_for(fork_to(two_end_all, SIGCHLD), 0), 0x600);
}

static void use_time_and_leave(void)
{
    user_current()->thread.run_ticks = 3 * NS_PER_SEC;
    user_current()->thread.user_clock = NS_PER_SEC << THREAD_CLOCK_SHIFT;
    user_current()->nr_minor_faults = 2;
    sys_exit(0);
}

static void times_of_threads_that_have_left_count(void **state)
{
    uint64_t utime, stime;

    (void)state;
    (void)thread_to(use_time_and_leave);
    (void)thread_to(use_time_and_leave);
    process_times(p, &utime, &stime);
    assert_int_equal(utime / NS_PER_SEC, 2);
    assert_int_equal(stime / NS_PER_SEC, 4);
    assert_int_equal(p->nr_minor_faults, 4);
    assert_int_equal(p->nr_threads, 1);
}

static void block_and_leave(void)
{
    signal_set_mask(0);
    thread_sleep_ns(1000);
    sys_exit(0);
}

/* It was the one to take the signal; another one, that unblocks it meanwhile, is to. */
static void a_thread_leaves_its_signals_to_the_others(void **state)
{
    struct user_thread *taker;

    (void)state;
    p->actions[SIGUSR1 - 1].handler = HANDLER;
    p->leader->blocked = SIGSET(SIGUSR1);
    taker = thread_to(block_and_leave);
    signal_send_process_locked(p, SIGUSR1, NULL);
    assert_true(taker->thread.arch.user_work & THREAD_WORK_SIGNAL);
    assert_false(signal_is_pending());
    p->leader->blocked = 0; /* after the choice, and nobody has looked since */
    thread_sleep_ns(2000);
    assert_int_equal(p->nr_threads, 1);
    assert_true(signal_is_pending());
}

/* --- stops ------------------------------------------------------------------------------------ */

static void stop_all_and_leave(void)
{
    (void)thread_to(sleep_long);
    process_stop_locked(process_current(), SIGTSTP);
    let_others_run(); /* the other one parks */
    assert_int_equal(process_current()->nr_stopped, 1);
    assert_int_equal(process_current()->state, PROCESS_ALIVE);
    sys_exit(0);
}

static void a_stop_is_complete_when_the_last_to_run_leaves(void **state)
{
    pid_t pid = fork_to(stop_all_and_leave, SIGCHLD);

    (void)state;
    assert_int_equal(process_find(pid)->state, PROCESS_STOPPED);
    assert_int_equal(wait_for(pid, WUNTRACED), SIGTSTP << 8 | 0x7f);
    kill_and_wait(pid);
}

static void a_killed_process_does_not_stay_stopped(void **state)
{
    pid_t pid = fork_to(sleep_long, SIGCHLD);

    (void)state;
    process_stop_locked(process_find(pid), SIGSTOP);
    let_others_run();
    assert_int_equal(process_find(pid)->nr_stopped, 1);
    kill_and_wait(pid);
}

/* --- exec ------------------------------------------------------------------------------------- */

static void become_single(void)
{
    pid_t pid = process_current()->pid;

    (void)thread_to(sleep_long);
    assert_int_equal(process_become_single(), 0);
    assert_int_equal(process_current()->nr_threads, 1);
    assert_int_equal(user_current()->tid, pid);
    assert_ptr_equal(process_current()->leader, user_current());
    assert_ptr_equal(user_thread_find(pid), user_current());
    sys_exit(7);
}

static void second_becomes_single(void)
{
    (void)thread_to(become_single);
    sleep_long();
}

static void exec_leaves_one_thread_the_leader(void **state)
{
    (void)state;
    assert_int_equal(wait_for(fork_to(become_single, SIGCHLD), 0), 0x700);
    assert_int_equal(wait_for(fork_to(second_becomes_single, SIGCHLD), 0), 0x700);
}

static int late_result;

/* In a sleep that no signal ends; then it wants to exec, too. */
static void exec_late(void)
{
    thread_sleep_ns(1000);
    late_result = process_become_single();
    process_checkpoint();
    sys_exit(98);
}

static void exec_early(void)
{
    (void)thread_to(exec_late);
    assert_int_equal(process_become_single(), 0);
    sys_exit(7);
}

static void of_two_that_exec_one_leaves(void **state)
{
    (void)state;
    late_result = 0;
    assert_int_equal(wait_for(fork_to(exec_early, SIGCHLD), 0), 0x700);
    assert_int_equal(late_result, -EAGAIN);
}

static void end_all_late(void)
{
    thread_sleep_ns(1000);
    sys_exit_group(5);
}

static void exec_in_vain(void)
{
    (void)thread_to(end_all_late);
    late_result = process_become_single();
    process_checkpoint();
    sys_exit(98);
}

static void exec_does_not_survive_the_end_of_its_process(void **state)
{
    (void)state;
    late_result = 0;
    assert_int_equal(wait_for(fork_to(exec_in_vain, SIGCHLD), 0), 0x500);
    assert_int_equal(late_result, -EAGAIN);
}

static void exec_takes_the_memory_away(void **state)
{
    struct vspace *vs = vspace_create(VSPACE_STAGE1, PAGE_SIZE, GIB(1)), *old = p->vspace;
    uint32_t tid = 5;

    (void)state;
    vspace_get(old); /* as a vfork parent's: then the word is told */
    p->leader->clear_child_tid = USER(&tid);
    process_replace_vspace(vs);
    assert_ptr_equal(p->vspace, vs);
    assert_ptr_equal(p->leader->vspace, vs);
    assert_true(p->has_execed);
    assert_int_equal(tid, 0);
    assert_int_equal(old->refcount, 1);
    vspace_put(old);
}

/* --- init ------------------------------------------------------------------------------------- */

static jmp_buf is_off;
static bool is_failure_told;

static void off(struct power_provider *provider, bool is_failure)
{
    (void)provider;
    is_failure_told = is_failure;
    longjmp(is_off, 1);
}

static struct power_provider provider = {.name = "test", .off = off};

/* init ends by this status: did the machine fail? */
static bool fails_by(void (*end_of_init)(int), int status)
{
    act_as(init->leader);
    if (setjmp(is_off) == 0) {
        end_of_init(status);
        fail();
    }
    init->is_exiting = false;
    init->leader->has_left = false;
    return is_failure_told;
}

static void by_exit(int status)
{
    sys_exit(status);
}

static void by_exit_group(int status)
{
    sys_exit_group(status);
}

static void by_signal(int signal)
{
    process_exit(EXIT_STATUS_SIGNAL(signal));
}

static void the_end_of_init_is_that_of_the_machine(void **state)
{
    (void)state;
    power_register(&provider);
    assert_false(fails_by(by_exit, 0));
    assert_true(fails_by(by_exit, 1));
    assert_true(fails_by(by_exit_group, 3));
    assert_true(fails_by(by_signal, SIGSEGV));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(orphans_go_to_init),
        TEST(or_to_who_collects_them),
        TEST(an_heir_that_ignores_sigchld),
        TEST(a_stopped_job_of_a_shell_that_ends),
        TEST(a_session_outlives_its_leader),
        TEST(the_last_thread_says_the_status),
        TEST(a_process_without_its_leader_lives),
        TEST(exit_group_ends_all_threads),
        TEST(the_first_exit_group_says_the_status),
        TEST(times_of_threads_that_have_left_count),
        TEST(a_thread_leaves_its_signals_to_the_others),
        TEST(a_stop_is_complete_when_the_last_to_run_leaves),
        TEST(a_killed_process_does_not_stay_stopped),
        TEST(exec_leaves_one_thread_the_leader),
        TEST(of_two_that_exec_one_leaves),
        TEST(exec_does_not_survive_the_end_of_its_process),
        TEST(exec_takes_the_memory_away),
        TEST(the_end_of_init_is_that_of_the_machine),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
