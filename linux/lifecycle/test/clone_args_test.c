/*
 * What clone and clone3 are asked for: numbers that are told, registers, flags; what they refuse.
 */
#include "world.h"

/* --- what is told ----------------------------------------------------------------- */

struct args {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid,
        set_tid_size, cgroup, more;
};

static int64_t clone3(struct args args)
{
    return sys_clone3(USER(&args), 88);
}

static uint32_t child_word, parent_word;

/* The child's number is there before it runs. */
static void look_at_the_words(void)
{
    assert_int_equal(child_word, user_current()->tid);
    assert_int_equal(parent_word, user_current()->tid);
    sleep_long();
}

static void numbers_are_told(void **state)
{
    pid_t pid;
    int pidfd = -1;

    (void)state;
    child_word = parent_word = 0;
    body = look_at_the_words;
    pid = (pid_t)clone3((struct args){
        .flags = CLONE_PIDFD | CLONE_CHILD_SETTID | CLONE_PARENT_SETTID,
        .pidfd = USER(&pidfd),
        .child_tid = USER(&child_word),
        .parent_tid = USER(&parent_word),
        .exit_signal = SIGCHLD,
    });
    assert_int_equal(parent_word, pid);
    let_others_run();
    assert_int_equal(sys_waitid(3, pidfd, 0, WEXITED | WNOHANG, 0), 0);
    assert_int_equal(fd_table_get_cloexec(p->files, pidfd), 1);
    kill_and_wait(pid);
    assert_int_equal(child_word, pid); /* nobody asked to clear it */
}

static void the_word_of_a_thread_is_cleared_at_its_end(void **state)
{
    struct user_thread *ut;
    pid_t tid;

    (void)state;
    p->actions[SIGUSR2 - 1].handler = HANDLER; /* which ends the sleep and no more */
    body = sleep_long;
    tid = (pid_t)sys_clone(THREAD_FLAGS | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID, 0, 0, 0,
                           USER(&child_word));
    let_others_run();
    assert_int_equal(child_word, tid);
    ut = user_thread_find(tid);
    signal_send_thread(ut, SIGUSR2, NULL);
    let_others_run();
    assert_int_equal(child_word, 0);
}

static void bad_words_do_not_stop_a_birth(void **state)
{
    pid_t pid;

    (void)state;
    body = exit_3;
    pid = (pid_t)sys_clone(CLONE_CHILD_SETTID | CLONE_PARENT_SETTID | SIGCHLD, 0, BAD_ADDRESS, 0,
                           BAD_ADDRESS);
    assert_int_equal(wait_for(pid, 0), 0x300);
}

/* A descriptor that cannot be told is none, and nor is the child. */
static void a_bad_place_for_a_descriptor(void **state)
{
    (void)state;
    assert_int_equal(sys_clone(CLONE_PIDFD | SIGCHLD, 0, BAD_ADDRESS, 0, 0), -EFAULT);
    assert_int_equal(nr_processes, 2);
    assert_int_equal(fd_table_next(p->files, 0, NULL), -1);
    assert_int_equal(sys_pidfd_open(1, 0), 0); /* its number is free again */
    p->limits[RLIMIT_NOFILE].cur = 1;
    assert_int_equal(sys_clone(CLONE_PIDFD | SIGCHLD, 0, USER(&child_word), 0, 0), -EMFILE);
    assert_int_equal(nr_processes, 2);
}

static void registers_of_a_thread(void **state)
{
    struct trap_frame *frame;
    pid_t pid;

    (void)state;
    body = sleep_long;
    pid = (pid_t)sys_clone(CLONE_VM | CLONE_SETTLS | SIGCHLD, 0x5000, 0, 0x7000, 0);
    frame = user_frame(&process_find(pid)->leader->thread.arch);
    assert_int_equal(frame->sp, 0x5000);
    assert_int_equal(frame->tls, 0x7000);
    let_others_run();
    kill_and_wait(pid);
    pid = (pid_t)clone3((struct args){
        .flags = CLONE_VM, .exit_signal = SIGCHLD, .stack = 0x5000, .stack_size = 256});
    frame = user_frame(&process_find(pid)->leader->thread.arch);
    assert_int_equal(frame->sp, 0x5100); /* it grows down */
    let_others_run();
    kill_and_wait(pid);
}

static void handlers_may_be_forgotten(void **state)
{
    struct process *child;
    pid_t pid;

    (void)state;
    p->actions[SIGUSR1 - 1] = (struct signal_action){.handler = HANDLER, .mask = 5};
    p->actions[SIGUSR2 - 1].handler = SIG_IGN;
    body = sleep_long;
    pid = (pid_t)clone3((struct args){.flags = CLONE_CLEAR_SIGHAND, .exit_signal = SIGCHLD});
    child = process_find(pid);
    assert_int_equal(child->actions[SIGUSR1 - 1].handler, 0);
    assert_int_equal(child->actions[SIGUSR1 - 1].mask, 0);
    assert_int_equal(child->actions[SIGUSR2 - 1].handler, SIG_IGN);
    assert_int_equal(p->actions[SIGUSR1 - 1].handler, HANDLER);
    let_others_run();
    kill_and_wait(pid);
}

/* --- refusals --------------------------------------------------------------------------------- */

static void what_clone_refuses(void **state)
{
    (void)state;
    assert_int_equal(sys_clone(CLONE_THREAD, 0, 0, 0, 0), -EINVAL);
    assert_int_equal(sys_clone(CLONE_THREAD | CLONE_VM | CLONE_SIGHAND, 0, 0, 0, 0), -EINVAL);
    assert_int_equal(sys_clone(CLONE_SIGHAND | SIGCHLD, 0, 0, 0, 0), -EINVAL);
    assert_int_equal(sys_clone(CLONE_SIGHAND | CLONE_VM | SIGCHLD, 0, 0, 0, 0), -EINVAL);
    assert_int_equal(sys_clone(0x20000000 | SIGCHLD, 0, 0, 0, 0), -EINVAL); /* a namespace */
    assert_int_equal(sys_clone(CLONE_PIDFD | CLONE_DETACHED, 0, 0, 0, 0), -EINVAL);
    assert_int_equal(sys_clone(CLONE_PIDFD | CLONE_PARENT_SETTID, 0, 0, 0, 0), -EINVAL);
    act_as(init->leader);
    assert_int_equal(sys_clone(CLONE_PARENT | SIGCHLD, 0, 0, 0, 0), -EINVAL);
    assert_int_equal(nr_processes, 2);
}

static void what_clone3_refuses(void **state)
{
    const struct args bad[] = {
        {.exit_signal = 65},
        {.exit_signal = 1ull << 32},
        {.flags = SIGCHLD}, /* it has its own place */
        {.flags = CLONE_DETACHED, .exit_signal = SIGCHLD},
        {.flags = 1ull << 40},
        {.flags = THREAD_FLAGS, .exit_signal = SIGCHLD},
        {.flags = CLONE_PARENT, .exit_signal = SIGCHLD},
        {.flags = THREAD_FLAGS | CLONE_CLEAR_SIGHAND},
        {.flags = CLONE_PIDFD | CLONE_PARENT_SETTID,
         .pidfd = USER(&child_word),
         .parent_tid = USER(&child_word)},
        {.stack = 0x10000},
        {.stack_size = 0x10000},
        {.set_tid_size = 1},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(clone3(bad[i]), -EINVAL);
    assert_int_equal(nr_processes, 2);
    assert_int_equal(p->nr_threads, 1);
}

static void sizes_of_clone3s_arguments(void **state)
{
    struct args args = {.exit_signal = SIGCHLD};
    pid_t pid;

    (void)state;
    assert_int_equal(sys_clone3(USER(&args), 63), -EINVAL);
    assert_int_equal(sys_clone3(USER(&args), PAGE_SIZE + 1), -E2BIG);
    assert_int_equal(sys_clone3(BAD_ADDRESS, 88), -EFAULT);
    body = exit_3;
    for (unsigned size = 64; size <= 96; size += 8) { /* the first version to a later one */
        pid = (pid_t)sys_clone3(USER(&args), size);
        assert_int_equal(wait_for(pid, 0), 0x300);
    }
    args.more = 1;
    assert_int_equal(sys_clone3(USER(&args), 96), -E2BIG);
    args.more = 1ull << 32; /* behind the end */
    pid = (pid_t)sys_clone3(USER(&args), 92);
    assert_int_equal(wait_for(pid, 0), 0x300);
}

static void a_signal_is_taken_before_a_fork(void **state)
{
    (void)state;
    p->actions[SIGUSR1 - 1].handler = HANDLER;
    signal_send_process_locked(p, SIGUSR1, NULL);
    assert_int_equal(sys_clone(SIGCHLD, 0, 0, 0, 0), -ERESTARTNOINTR);
    assert_int_equal(nr_processes, 2);
    assert_true(sys_clone(THREAD_FLAGS, 0, 0, 0, 0) > 0); /* threads do not wait for that */
    body = exit_3;
    let_others_run();
}

static void there_may_be_too_many(void **state)
{
    uint32_t nr_max = nr_user_threads_max;

    (void)state;
    nr_user_threads_max = 2;
    assert_int_equal(sys_clone(SIGCHLD, 0, 0, 0, 0), -EAGAIN);
    assert_int_equal(sys_clone(THREAD_FLAGS, 0, 0, 0, 0), -EAGAIN);
    nr_user_threads_max = nr_max;
    p->limits[RLIMIT_NPROC].cur = 1;
    kill_and_wait(fork_to(sleep_long, SIGCHLD)); /* root may */
    become(p->leader, &user_1000);
    assert_int_equal(sys_clone(SIGCHLD, 0, 0, 0, 0), -EAGAIN);
    assert_int_equal(sys_clone(THREAD_FLAGS, 0, 0, 0, 0), -EAGAIN);
    p->limits[RLIMIT_NPROC].cur = 2;
    kill_and_wait(fork_to(sleep_long, SIGCHLD));
    assert_int_equal(nr_processes, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(numbers_are_told),
        TEST(the_word_of_a_thread_is_cleared_at_its_end),
        TEST(bad_words_do_not_stop_a_birth),
        TEST(a_bad_place_for_a_descriptor),
        TEST(registers_of_a_thread),
        TEST(handlers_may_be_forgotten),
        TEST(what_clone_refuses),
        TEST(what_clone3_refuses),
        TEST(sizes_of_clone3s_arguments),
        TEST(a_signal_is_taken_before_a_fork),
        TEST(there_may_be_too_many),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
