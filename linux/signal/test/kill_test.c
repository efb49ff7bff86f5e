/*
 * Sending signals: to whom, who may, what the receiver is told, and what may not be pretended.
 */
#include "world.h"

/* a and b are in a group of their own, c in another session; all belong to user 1000. */
static struct process *a, *b, *c;

static int begin_family(void **state)
{
    int ret = begin_program(state);

    a = make_process(20, p, &user_1000);
    group_join(a, group_create(20, p->group->session));
    b = make_process(21, a, &user_1000);
    c = make_leader(30, p, &user_1000);
    a->leader->blocked = b->leader->blocked = c->leader->blocked = ~0ull;
    p->leader->blocked = init->leader->blocked = ~0ull; /* so that all stay pending */
    return ret;
}

#define KILL_TEST(name) cmocka_unit_test_setup_teardown(name, begin_family, end)

static bool has(struct process *process, int signal)
{
    bool found = process->pending.set & SIGSET(signal);

    pending_flush(&process->pending, SIGSET(signal));
    return found;
}

/* The one signal that is pending for that thread. */
static struct linux_siginfo taken_by(struct user_thread *ut)
{
    struct linux_siginfo info = {0};

    act_as(ut);
    assert_true(signal_take(~0ull, &info));
    act_as(p->leader);
    return info;
}

/* --- to whom ---------------------------------------------------------------------------------- */

static void to_one_process(void **state)
{
    struct linux_siginfo info;

    (void)state;
    assert_int_equal(sys_kill(20, SIGUSR1), 0);
    assert_false(has(b, SIGUSR1) || has(c, SIGUSR1) || has(p, SIGUSR1));
    info = taken_by(a->leader);
    assert_int_equal(info.signo, SIGUSR1);
    assert_int_equal(info.code, SI_USER);
    assert_int_equal(info.queue.pid, 1000);
    assert_int_equal(info.queue.uid, 0);
}

static void to_a_group(void **state)
{
    (void)state;
    assert_int_equal(sys_kill(-20, SIGUSR1), 0);
    assert_true(has(a, SIGUSR1) && has(b, SIGUSR1));
    assert_false(has(c, SIGUSR1) || has(p, SIGUSR1));
    assert_int_equal(sys_kill(0, SIGUSR1), 0); /* the caller's own */
    assert_true(has(p, SIGUSR1));
    assert_false(has(a, SIGUSR1) || has(c, SIGUSR1));
    assert_int_equal(sys_kill(-21, SIGUSR1), -ESRCH);
}

static void to_all(void **state)
{
    (void)state;
    assert_int_equal(sys_kill(-1, SIGUSR1), 0);
    assert_true(has(a, SIGUSR1) && has(b, SIGUSR1) && has(c, SIGUSR1));
    assert_false(has(p, SIGUSR1) || has(init, SIGUSR1));
}

static void to_a_thread(void **state)
{
    struct user_thread *second = make_thread(a, 25);
    struct linux_siginfo info;

    (void)state;
    second->blocked = ~0ull;
    assert_int_equal(sys_tgkill(20, 25, SIGUSR1), 0);
    assert_int_equal(a->pending.set, 0);
    assert_int_equal(a->leader->pending.set, 0);
    info = taken_by(second);
    assert_int_equal(info.code, SI_TKILL);
    assert_int_equal(info.queue.pid, 1000);
    assert_int_equal(sys_tkill(25, SIGUSR2), 0);
    assert_int_equal(taken_by(second).signo, SIGUSR2);
}

static void number_zero_only_asks(void **state)
{
    (void)state;
    assert_int_equal(sys_kill(20, 0), 0);
    assert_int_equal(sys_kill(-20, 0), 0);
    assert_int_equal(sys_tgkill(20, 20, 0), 0);
    assert_int_equal(a->pending.set | a->leader->pending.set | b->pending.set, 0);
    assert_int_equal(sys_kill(22, 0), -ESRCH);
}

static void a_zombie_is_there(void **state)
{
    pid_t pid = fork_to(exit_3, SIGCHLD);

    (void)state;
    assert_int_equal(sys_kill(pid, SIGKILL), 0);
    assert_int_equal(wait_for(pid, 0), 0x300);
    assert_int_equal(sys_kill(pid, SIGKILL), -ESRCH);
}

static void nobody_and_nonsense(void **state)
{
    (void)state;
    assert_int_equal(sys_kill(20, 65), -EINVAL);
    assert_int_equal(sys_kill(20, -1), -EINVAL);
    assert_int_equal(sys_kill(-20, 65), -EINVAL);
    assert_int_equal(sys_kill(22, 65), -ESRCH); /* looked for first, as in Linux */
    assert_int_equal(sys_kill(INT32_MIN, SIGUSR1), -ESRCH);
    assert_int_equal(sys_tkill(20, 65), -EINVAL);
    assert_int_equal(sys_tkill(0, SIGUSR1), -EINVAL);
    assert_int_equal(sys_tkill(22, SIGUSR1), -ESRCH);
    assert_int_equal(sys_tgkill(0, 20, SIGUSR1), -EINVAL);
    assert_int_equal(sys_tgkill(20, -1, SIGUSR1), -EINVAL);
    assert_int_equal(sys_tgkill(21, 20, SIGUSR1), -ESRCH); /* a thread of another process */
    assert_int_equal(sys_tgkill(20, 20, -1), -EINVAL);
}

/* --- who may ---------------------------------------------------------------------------------- */

/* a user of this real and effective id, to a process with this real and saved one */
static int64_t kill_as(uint32_t uid, uint32_t euid, uint32_t to_uid, uint32_t to_suid, int signal)
{
    struct cred mine = user_1000, its = user_1000;

    mine.uid = uid;
    mine.euid = euid;
    its.uid = to_uid;
    its.suid = to_suid;
    its.euid = 7; /* nobody asks for it */
    become(a->leader, &its);
    become(p->leader, &mine);
    return sys_kill(20, signal);
}

static void who_may_send(void **state)
{
    (void)state;
    assert_int_equal(kill_as(1, 2, 1, 4, SIGTERM), 0);
    assert_int_equal(kill_as(1, 2, 2, 4, SIGTERM), 0);
    assert_int_equal(kill_as(1, 2, 3, 1, SIGTERM), 0);
    assert_int_equal(kill_as(1, 2, 3, 2, SIGTERM), 0);
    assert_int_equal(kill_as(1, 2, 3, 4, SIGTERM), -EPERM);
    assert_int_equal(kill_as(7, 7, 3, 4, SIGTERM), -EPERM);
    assert_int_equal(kill_as(7, 7, 3, 4, 0), -EPERM);
    assert_int_equal(sys_tkill(20, SIGTERM), -EPERM);
    assert_int_equal(sys_kill(1000, SIGTERM), 0); /* oneself always */
    assert_int_equal(sys_kill(21, 65), -EINVAL);
    become(p->leader, &cred_kernel);
    assert_int_equal(sys_kill(20, SIGTERM), 0);
}

static void sigcont_goes_through_the_session(void **state)
{
    (void)state;
    assert_int_equal(kill_as(7, 7, 3, 4, SIGCONT), 0);
    assert_int_equal(sys_kill(30, SIGCONT), -EPERM);
}

/* Of several that are meant, one that may be sent to is enough. */
static void a_group_of_which_some_are_others(void **state)
{
    struct cred other = user_1000;

    (void)state;
    other.uid = other.euid = other.suid = 1001;
    become(b->leader, &other);
    become(p->leader, &user_1000);
    assert_int_equal(sys_kill(-20, SIGUSR1), 0);
    assert_true(has(a, SIGUSR1));
    assert_false(has(b, SIGUSR1));
    become(a->leader, &other);
    assert_int_equal(sys_kill(-20, SIGUSR1), -EPERM);
}

/* --- with a value ----------------------------------------------------------------------------- */

static void a_value_comes_along(void **state)
{
    struct linux_siginfo info = {.signo = 5, .code = SI_QUEUE, .queue = {77, 88, 0x123456789}};

    (void)state;
    assert_int_equal(sys_rt_sigqueueinfo(20, SIGRTMIN, USER(&info)), 0);
    assert_int_equal(sys_rt_sigqueueinfo(20, SIGRTMIN, USER(&info)), 0);
    info = taken_by(a->leader);
    assert_int_equal(info.signo, SIGRTMIN);
    assert_int_equal(info.queue.value, 0x123456789);
    assert_int_equal(info.queue.pid, 77); /* what the sender says */
    assert_int_equal(taken_by(a->leader).signo, SIGRTMIN);
    assert_int_equal(sys_rt_tgsigqueueinfo(20, 20, SIGRTMIN, USER(&info)), 0);
    assert_int_equal(taken_by(a->leader).queue.value, 0x123456789);
}

static void what_may_not_be_pretended(void **state)
{
    const int codes[] = {SI_USER, SI_KERNEL, SI_TKILL, 1};
    struct linux_siginfo info = {0};

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        info.code = codes[i];
        assert_int_equal(sys_rt_sigqueueinfo(20, SIGUSR1, USER(&info)), -EPERM);
        assert_int_equal(sys_rt_tgsigqueueinfo(20, 20, SIGUSR1, USER(&info)), -EPERM);
        assert_int_equal(sys_rt_sigqueueinfo(1000, SIGUSR1, USER(&info)), 0); /* to oneself */
        assert_int_equal(taken_by(p->leader).code, codes[i]);
    }
    assert_int_equal(a->pending.set, 0);
}

static void what_sigqueue_refuses(void **state)
{
    struct linux_siginfo info = {.code = SI_QUEUE};

    (void)state;
    assert_int_equal(sys_rt_sigqueueinfo(20, SIGUSR1, BAD_ADDRESS), -EFAULT);
    assert_int_equal(sys_rt_sigqueueinfo(20, 65, USER(&info)), -EINVAL);
    assert_int_equal(sys_rt_sigqueueinfo(22, SIGUSR1, USER(&info)), -ESRCH);
    assert_int_equal(sys_rt_sigqueueinfo(-20, SIGUSR1, USER(&info)), -ESRCH); /* no groups */
    assert_int_equal(sys_rt_tgsigqueueinfo(20, 20, SIGUSR1, BAD_ADDRESS), -EFAULT);
    assert_int_equal(sys_rt_tgsigqueueinfo(20, 0, SIGUSR1, USER(&info)), -EINVAL);
    assert_int_equal(sys_rt_tgsigqueueinfo(0, 20, SIGUSR1, USER(&info)), -EINVAL);
    assert_int_equal(sys_rt_tgsigqueueinfo(21, 20, SIGUSR1, USER(&info)), -ESRCH);
    become(p->leader, &user_1000);
    become(a->leader, &cred_kernel);
    assert_int_equal(sys_rt_sigqueueinfo(20, SIGUSR1, USER(&info)), -EPERM);
}

/* As many as RLIMIT_SIGPENDING of the receiver's user may wait; one of each number always. */
static void a_full_queue(void **state)
{
    struct linux_siginfo info = {.code = SI_QUEUE};

    (void)state;
    a->limits[RLIMIT_SIGPENDING].cur = 2;
    assert_int_equal(sys_rt_sigqueueinfo(20, SIGRTMIN, USER(&info)), 0);
    assert_int_equal(sys_rt_sigqueueinfo(20, SIGRTMIN, USER(&info)), 0);
    assert_int_equal(sys_rt_sigqueueinfo(20, SIGRTMIN, USER(&info)), -EAGAIN);
    assert_int_equal(sys_kill(20, SIGUSR1), 0);
    assert_true(has(a, SIGUSR1));
}

/* --- by descriptor ---------------------------------------------------------------------------- */

static void by_a_processs_descriptor(void **state)
{
    struct linux_siginfo info = {.signo = SIGUSR1, .code = SI_QUEUE, .queue.value = 9};
    int fd = (int)sys_pidfd_open(20, 0), self = (int)sys_pidfd_open(1000, 0);

    (void)state;
    assert_int_equal(sys_pidfd_send_signal(fd, SIGUSR1, 0, 0), 0);
    assert_int_equal(taken_by(a->leader).code, SI_USER);
    assert_int_equal(sys_pidfd_send_signal(fd, SIGUSR1, USER(&info), 0), 0);
    assert_int_equal(taken_by(a->leader).queue.value, 9);
    assert_int_equal(sys_pidfd_send_signal(fd, 0, 0, 0), 0);
    info.code = SI_USER;
    assert_int_equal(sys_pidfd_send_signal(fd, SIGUSR1, USER(&info), 0), -EPERM);
    assert_int_equal(sys_pidfd_send_signal(self, SIGUSR1, USER(&info), 0), 0);
    become(p->leader, &user_1000);
    become(a->leader, &cred_kernel);
    assert_int_equal(sys_pidfd_send_signal(fd, SIGUSR1, 0, 0), -EPERM);
}

static void what_a_descriptor_refuses(void **state)
{
    struct linux_siginfo info = {.signo = SIGUSR2, .code = SI_QUEUE};
    pid_t pid = fork_to(exit_3, SIGCHLD);
    int fd = (int)sys_pidfd_open(pid, 0);

    (void)state;
    assert_int_equal(sys_pidfd_send_signal(fd, SIGUSR1, 0, 0), 0); /* a zombie */
    assert_int_equal(sys_pidfd_send_signal(fd, SIGUSR1, 0, 1u << 31), -EINVAL);
    assert_int_equal(sys_pidfd_send_signal(fd, 65, 0, 0), -EINVAL);
    assert_int_equal(sys_pidfd_send_signal(fd, SIGUSR1, BAD_ADDRESS, 0), -EFAULT);
    assert_int_equal(sys_pidfd_send_signal(fd, SIGUSR1, USER(&info), 0), -EINVAL); /* another */
    assert_int_equal(sys_pidfd_send_signal(99, SIGUSR1, 0, 0), -EBADF);
    wait_for(pid, 0);
    assert_int_equal(sys_pidfd_send_signal(fd, SIGUSR1, 0, 0), -ESRCH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KILL_TEST(to_one_process),
        KILL_TEST(to_a_group),
        KILL_TEST(to_all),
        KILL_TEST(to_a_thread),
        KILL_TEST(number_zero_only_asks),
        KILL_TEST(a_zombie_is_there),
        KILL_TEST(nobody_and_nonsense),
        KILL_TEST(who_may_send),
        KILL_TEST(sigcont_goes_through_the_session),
        KILL_TEST(a_group_of_which_some_are_others),
        KILL_TEST(a_value_comes_along),
        KILL_TEST(what_may_not_be_pretended),
        KILL_TEST(what_sigqueue_refuses),
        KILL_TEST(a_full_queue),
        KILL_TEST(by_a_processs_descriptor),
        KILL_TEST(what_a_descriptor_refuses),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
