/*
 * Actions, masks, what is pending, waiting for signals, the alternate stack: what these calls do
 * and what they refuse.
 */
#include "world.h"

#define SIG_BLOCK   0
#define SIG_UNBLOCK 1
#define SIG_SETMASK 2

#define SS_ONSTACK    1u
#define SS_DISABLE    2u
#define SS_AUTODISARM 0x80000000u
#define MINSIGSTKSZ   2048

#define SA_UNSUPPORTED 0x400u

/* --- actions ---------------------------------------------------------------------------------- */

static void an_action_is_set_and_told(void **state)
{
    struct signal_action set = {HANDLER, SA_RESTART | SA_SIGINFO, SIGSET(SIGHUP)}, old = {1, 1, 1};

    (void)state;
    assert_int_equal(sys_rt_sigaction(SIGUSR1, USER(&set), USER(&old), 8), 0);
    assert_int_equal(old.handler, 0);
    assert_int_equal(old.flags, 0);
    assert_int_equal(old.mask, 0);
    assert_int_equal(sys_rt_sigaction(SIGUSR1, 0, USER(&old), 8), 0);
    assert_memory_equal(&old, &set, sizeof(set));
    set.mask = ~0ull;
    assert_int_equal(sys_rt_sigaction(64, USER(&set), USER(&set), 8), 0); /* old over new */
    assert_int_equal(set.handler, 0);
    assert_int_equal(sys_rt_sigaction(64, 0, USER(&old), 8), 0);
    assert_int_equal(old.mask, ~SIGNALS_UNBLOCKABLE);
}

/* sigaction(2): a program asks which flags there are by SA_UNSUPPORTED, which never is. */
static void unknown_flags_do_not_stay(void **state)
{
    struct signal_action old;

    (void)state;
    on_with(SIGUSR1, HANDLER, SA_UNSUPPORTED | SA_NODEFER | 0x800 | 1ull << 40, 0);
    assert_int_equal(sys_rt_sigaction(SIGUSR1, 0, USER(&old), 8), 0);
    assert_int_equal(old.flags, SA_NODEFER);
}

static void what_sigaction_refuses(void **state)
{
    struct signal_action action = {HANDLER, 0, 0};

    (void)state;
    assert_int_equal(sys_rt_sigaction(0, 0, 0, 8), -EINVAL);
    assert_int_equal(sys_rt_sigaction(65, 0, 0, 8), -EINVAL);
    assert_int_equal(sys_rt_sigaction(-1, 0, 0, 8), -EINVAL);
    assert_int_equal(sys_rt_sigaction(SIGUSR1, 0, 0, 4), -EINVAL);
    assert_int_equal(sys_rt_sigaction(SIGKILL, USER(&action), 0, 8), -EINVAL);
    assert_int_equal(sys_rt_sigaction(SIGSTOP, USER(&action), 0, 8), -EINVAL);
    assert_int_equal(sys_rt_sigaction(SIGKILL, 0, USER(&action), 8), 0); /* asking is free */
    assert_int_equal(action.handler, 0);
    assert_int_equal(sys_rt_sigaction(SIGUSR1, BAD_ADDRESS, 0, 8), -EFAULT);
    assert_int_equal(sys_rt_sigaction(SIGUSR1, 0, BAD_ADDRESS, 8), -EFAULT);
}

/* POSIX: pending ones are thrown away, blocked or not. */
static void ignoring_throws_away_what_is_pending(void **state)
{
    struct user_thread *other = make_thread(p, 1001);

    (void)state;
    signal_set_mask(SIGSET(SIGUSR1) | SIGSET(SIGUSR2) | SIGSET(SIGCHLD));
    other->blocked = p->leader->blocked;
    assert_int_equal(sys_kill(1000, SIGUSR1), 0);
    assert_int_equal(sys_tkill(1001, SIGUSR1), 0);
    assert_int_equal(sys_kill(1000, SIGUSR2), 0);
    assert_int_equal(sys_kill(1000, SIGCHLD), 0);
    on(SIGUSR1, SIG_IGN);
    assert_int_equal(signal_pending_set(p->leader), SIGSET(SIGUSR2) | SIGSET(SIGCHLD));
    assert_int_equal(signal_pending_set(other), SIGSET(SIGUSR2) | SIGSET(SIGCHLD));
    on(SIGCHLD, 0); /* its default is to be ignored */
    on(SIGUSR2, 0); /* this one's is not */
    assert_int_equal(signal_pending_set(p->leader), SIGSET(SIGUSR2));
}

/* --- masks ------------------------------------------------------------------------------------ */

static sigset64_t mask_after(int how, sigset64_t set)
{
    assert_int_equal(sys_rt_sigprocmask(how, USER(&set), 0, 8), 0);
    return p->leader->blocked;
}

static void masks_grow_shrink_and_are_replaced(void **state)
{
    sigset64_t old = 0;

    (void)state;
    assert_int_equal(mask_after(SIG_BLOCK, 5), 5);
    assert_int_equal(mask_after(SIG_BLOCK, 2), 7);
    assert_int_equal(mask_after(SIG_UNBLOCK, 5), 2);
    assert_int_equal(mask_after(SIG_SETMASK, 1ull << 63), 1ull << 63);
    assert_int_equal(mask_after(SIG_SETMASK, ~0ull), ~SIGNALS_UNBLOCKABLE);
    assert_int_equal(sys_rt_sigprocmask(99, 0, USER(&old), 8), 0); /* nothing is changed */
    assert_int_equal(old, ~SIGNALS_UNBLOCKABLE);
}

static void what_sigprocmask_refuses(void **state)
{
    sigset64_t set = 4;

    (void)state;
    assert_int_equal(sys_rt_sigprocmask(SIG_BLOCK, USER(&set), 0, 4), -EINVAL);
    assert_int_equal(sys_rt_sigprocmask(3, USER(&set), 0, 8), -EINVAL);
    assert_int_equal(sys_rt_sigprocmask(SIG_BLOCK, BAD_ADDRESS, 0, 8), -EFAULT);
    assert_int_equal(p->leader->blocked, 0);
    assert_int_equal(sys_rt_sigprocmask(SIG_BLOCK, USER(&set), BAD_ADDRESS, 8), -EFAULT);
    assert_int_equal(p->leader->blocked, 4); /* Linux has set it by then, too */
}

static void pending_is_what_is_blocked_and_waits(void **state)
{
    sigset64_t set = ~0ull;
    uint32_t low[2] = {~0u, ~0u};

    (void)state;
    signal_set_mask(SIGSET(SIGUSR1) | SIGSET(SIGUSR2) | SIGSET(SIGHUP));
    assert_int_equal(sys_kill(1000, SIGUSR1), 0);
    assert_int_equal(sys_tkill(1000, SIGUSR2), 0);
    assert_int_equal(sys_rt_sigpending(USER(&set), 8), 0);
    assert_int_equal(set, SIGSET(SIGUSR1) | SIGSET(SIGUSR2));
    assert_int_equal(sys_rt_sigpending(USER(low), 4), 0);
    assert_int_equal(low[0], SIGSET(SIGUSR1) | SIGSET(SIGUSR2));
    assert_int_equal(low[1], ~0u);
    assert_int_equal(sys_rt_sigpending(USER(&set), 9), -EINVAL);
    assert_int_equal(sys_rt_sigpending(BAD_ADDRESS, 8), -EFAULT);
}

static void what_sigsuspend_refuses(void **state)
{
    sigset64_t set = 0;

    (void)state;
    assert_int_equal(sys_rt_sigsuspend(USER(&set), 7), -EINVAL);
    assert_int_equal(sys_rt_sigsuspend(BAD_ADDRESS, 8), -EFAULT);
    assert_false(p->leader->has_saved_blocked);
}

/* --- waiting ---------------------------------------------------------------------------------- */

static int64_t wait_for_signal(sigset64_t set, struct linux_siginfo *info, int64_t sec,
                               int64_t nsec)
{
    struct linux_timespec timeout = {sec, nsec};

    return sys_rt_sigtimedwait(USER(&set), info ? USER(info) : 0, USER(&timeout), 8);
}

static void a_pending_signal_is_taken_at_once(void **state)
{
    struct linux_siginfo info;

    (void)state;
    signal_set_mask(~0ull);
    assert_int_equal(sys_kill(1000, SIGUSR2), 0);
    assert_int_equal(sys_kill(1000, SIGUSR1), 0);
    assert_int_equal(wait_for_signal(~0ull, &info, 0, 0), SIGUSR1);
    assert_int_equal(info.signo, SIGUSR1);
    assert_int_equal(info.code, SI_USER);
    assert_int_equal(wait_for_signal(SIGSET(SIGHUP), NULL, 0, 0), -EAGAIN);
    assert_int_equal(wait_for_signal(SIGSET(SIGUSR2), NULL, 0, 0), SIGUSR2);
    assert_int_equal(signal_pending_set(p->leader), 0);
}

static int nr_sleeps;

static void send_later(void)
{
    for (int i = 0; i < nr_sleeps; i++)
        thread_sleep_ns(1000);
    assert_int_equal(sys_kill(1000, SIGUSR1), 0);
    sys_exit(3);
}

static pid_t child_sends_later(void)
{
    nr_sleeps = 3;
    body = send_later;
    return (pid_t)sys_clone(SIGCHLD, 0, 0, 0, 0);
}

static void one_that_comes_ends_the_wait(void **state)
{
    sigset64_t set = SIGSET(SIGUSR1);
    pid_t pid;

    (void)state;
    signal_set_mask(SIGSET(SIGUSR1));
    pid = child_sends_later();
    assert_int_equal(sys_rt_sigtimedwait(USER(&set), 0, 0, 8), SIGUSR1);
    assert_int_equal(wait_for(pid, 0), 0x300);
}

static void a_wait_has_an_end(void **state)
{
    pid_t pid;

    (void)state;
    assert_int_equal(wait_for_signal(SIGSET(SIGUSR1), NULL, 0, 1), -EAGAIN);
    signal_set_mask(SIGSET(SIGUSR1));
    pid = child_sends_later(); /* the longest of all is not over at once */
    assert_int_equal(wait_for_signal(SIGSET(SIGUSR1), NULL, INT64_MAX, 0), SIGUSR1);
    assert_int_equal(wait_for(pid, 0), 0x300);
}

/* One that is not meant, but has a handler. */
static void another_signal_disturbs_the_wait(void **state)
{
    pid_t pid;

    (void)state;
    on(SIGUSR1, HANDLER);
    pid = child_sends_later();
    assert_int_equal(wait_for_signal(SIGSET(SIGUSR2), NULL, 100, 0), -EINTR);
    assert_int_equal(wait_for_signal(SIGSET(SIGUSR2), NULL, 0, 0), -EAGAIN); /* no wait, no end */
    pending_flush(&p->pending, ~0ull);
    signal_recalculate_locked(p->leader);
    assert_int_equal(wait_for(pid, 0), 0x300);
}

static void wait_for_all(void)
{
    sigset64_t all = ~0ull;

    assert_int_equal(sys_rt_sigtimedwait(USER(&all), 0, 0, 8), -EINTR);
    user_return(registers());
    sys_exit(3);
}

static void sigstop_cannot_be_waited_for(void **state)
{
    pid_t pid = fork_to(wait_for_all, SIGCHLD);

    (void)state;
    assert_int_equal(sys_kill(pid, SIGSTOP), 0);
    assert_int_equal(wait_for(pid, WUNTRACED), SIGSTOP << 8 | 0x7f);
    assert_int_equal(sys_kill(pid, SIGCONT), 0);
    assert_int_equal(wait_for(pid, 0), 0x300);
}

static void what_sigtimedwait_refuses(void **state)
{
    sigset64_t set = SIGSET(SIGUSR1);

    (void)state;
    assert_int_equal(sys_rt_sigtimedwait(USER(&set), 0, 0, 4), -EINVAL);
    assert_int_equal(sys_rt_sigtimedwait(BAD_ADDRESS, 0, 0, 8), -EFAULT);
    assert_int_equal(sys_rt_sigtimedwait(USER(&set), 0, BAD_ADDRESS, 8), -EFAULT);
    assert_int_equal(wait_for_signal(set, NULL, -1, 0), -EINVAL);
    assert_int_equal(wait_for_signal(set, NULL, 0, -1), -EINVAL);
    assert_int_equal(wait_for_signal(set, NULL, 0, NS_PER_SEC), -EINVAL);
    signal_set_mask(set);
    assert_int_equal(sys_kill(1000, SIGUSR1), 0);
    assert_int_equal(sys_rt_sigtimedwait(USER(&set), BAD_ADDRESS, 0, 8), -EFAULT);
    assert_int_equal(signal_pending_set(p->leader), 0); /* taken, and not told */
}

/* --- sigaltstack ------------------------------------------------------------------------------ */

struct sigaltstack {
    uint64_t sp;
    uint32_t flags, pad;
    uint64_t size;
};

static int64_t altstack(uint64_t sp, uint32_t flags, uint64_t size)
{
    struct sigaltstack wanted = {sp, flags, 0, size};

    return sys_sigaltstack(USER(&wanted), 0);
}

static void an_alternate_stack_is_set_and_told(void **state)
{
    struct sigaltstack old;

    (void)state;
    assert_int_equal(sys_sigaltstack(0, USER(&old)), 0);
    assert_int_equal(old.flags, SS_DISABLE);
    assert_int_equal(altstack(0x5000, SS_ONSTACK, MINSIGSTKSZ), 0);
    assert_int_equal(sys_sigaltstack(0, USER(&old)), 0);
    assert_int_equal(old.sp, 0x5000);
    assert_int_equal(old.flags, 0);
    assert_int_equal(old.size, MINSIGSTKSZ);
    assert_int_equal(altstack(0x5000, SS_AUTODISARM, 8192), 0);
    assert_int_equal(sys_sigaltstack(0, USER(&old)), 0);
    assert_int_equal(old.flags, SS_AUTODISARM);
    assert_int_equal(altstack(0, SS_DISABLE, 0), 0);
    assert_int_equal(sys_sigaltstack(0, USER(&old)), 0);
    assert_int_equal(old.flags, SS_DISABLE);
}

static void what_sigaltstack_refuses(void **state)
{
    struct sigaltstack old = {0};

    (void)state;
    assert_int_equal(altstack(0x5000, 0, MINSIGSTKSZ - 1), -ENOMEM);
    assert_int_equal(altstack(0x5000, SS_ONSTACK | SS_DISABLE, MINSIGSTKSZ), -EINVAL);
    assert_int_equal(altstack(0x5000, 4, MINSIGSTKSZ), -EINVAL);
    assert_int_equal(sys_sigaltstack(BAD_ADDRESS, 0), -EFAULT);
    assert_int_equal(sys_sigaltstack(0, BAD_ADDRESS), -EFAULT);
    assert_int_equal(sys_sigaltstack(0, USER(&old)), 0);
    assert_int_equal(old.flags, SS_DISABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SIGNAL_TEST(an_action_is_set_and_told),
        SIGNAL_TEST(unknown_flags_do_not_stay),
        SIGNAL_TEST(what_sigaction_refuses),
        SIGNAL_TEST(ignoring_throws_away_what_is_pending),
        SIGNAL_TEST(masks_grow_shrink_and_are_replaced),
        SIGNAL_TEST(what_sigprocmask_refuses),
        SIGNAL_TEST(pending_is_what_is_blocked_and_waits),
        SIGNAL_TEST(what_sigsuspend_refuses),
        SIGNAL_TEST(a_pending_signal_is_taken_at_once),
        SIGNAL_TEST(one_that_comes_ends_the_wait),
        SIGNAL_TEST(a_wait_has_an_end),
        SIGNAL_TEST(another_signal_disturbs_the_wait),
        SIGNAL_TEST(sigstop_cannot_be_waited_for),
        SIGNAL_TEST(what_sigtimedwait_refuses),
        SIGNAL_TEST(an_alternate_stack_is_set_and_told),
        SIGNAL_TEST(what_sigaltstack_refuses),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
