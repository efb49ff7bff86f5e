/*
 * wait4 and waitid: statuses, which child is chosen, what a parent is told.
 */
#include "world.h"

#include <string.h>

#define P_ALL   0
#define P_PID   1
#define P_PGID  2
#define P_PIDFD 3

#define PIDFD_NONBLOCK 0x800u

/* --- statuses --------------------------------------------------------------------------------- */

static void exit_many(void)
{
    sys_exit_group(-1);
}

static void statuses_as_wait4_tells_them(void **state)
{
    (void)state;
    assert_int_equal(wait_for(fork_to(exit_3, SIGCHLD), 0), 0x300);
    assert_int_equal(wait_for(fork_to(exit_many, SIGCHLD), 0), 0xff00);
    assert_int_equal(wait_for(fork_to(die, SIGCHLD), 0), SIGTERM);
    assert_int_equal(sys_wait4(-1, 0, 0, 0), -ECHILD);
    assert_int_equal(nr_processes, 2);
}

static void statuses_as_waitid_tells_them(void **state)
{
    struct linux_siginfo info;
    pid_t pid = fork_to(exit_3, SIGCHLD);

    (void)state;
    for (int i = 0; i < 2; i++) { /* WNOWAIT leaves it there */
        memset(&info, 0x55, sizeof(info));
        assert_int_equal(sys_waitid(P_ALL, 0, USER(&info), WEXITED | WNOWAIT, 0), 0);
        assert_int_equal(info.signo, SIGCHLD);
        assert_int_equal(info.error, 0);
        assert_int_equal(info.code, CLD_EXITED);
        assert_int_equal(info.child.pid, pid);
        assert_int_equal(info.child.uid, 0);
        assert_int_equal(info.child.status, 3);
    }
    wait_for(pid, 0);
    pid = fork_to(die, SIGCHLD);
    assert_int_equal(sys_waitid(P_PGID, 0, USER(&info), WEXITED, 0), 0);
    assert_int_equal(info.code, CLD_KILLED);
    assert_int_equal(info.child.pid, pid);
    assert_int_equal(info.child.status, SIGTERM);
}

static void waitid_without_a_result_says_so(void **state)
{
    struct linux_siginfo info = {.signo = 99, .child.pid = 99};
    pid_t pid = fork_to(sleep_long, SIGCHLD);

    (void)state;
    assert_int_equal(sys_waitid(P_ALL, 0, USER(&info), WEXITED | WNOHANG, 0), 0);
    assert_int_equal(info.signo, 0);
    assert_int_equal(info.child.pid, 0);
    kill_and_wait(pid);
}

static void stops_are_told_once_and_when_asked_for(void **state)
{
    pid_t pid = fork_to(sleep_long, SIGCHLD);
    uint32_t status = 0;

    (void)state;
    process_stop_locked(process_find(pid), SIGTSTP);
    assert_int_equal(sys_wait4(pid, 0, WUNTRACED | WNOHANG, 0), 0); /* it has not parked yet */
    let_others_run();
    assert_int_equal(process_find(pid)->state, PROCESS_STOPPED);
    assert_int_equal(sys_wait4(pid, 0, WNOHANG, 0), 0);
    assert_int_equal(wait_for(pid, WUNTRACED), SIGTSTP << 8 | 0x7f);
    assert_int_equal(sys_wait4(pid, 0, WUNTRACED | WNOHANG, 0), 0);
    signal_send_process_locked(process_find(pid), SIGCONT, NULL);
    assert_int_equal(sys_wait4(pid, 0, WUNTRACED | WNOHANG, 0), 0);
    assert_int_equal(sys_wait4(pid, USER(&status), WCONTINUED, 0), pid);
    assert_int_equal(status, 0xffff);
    assert_int_equal(sys_wait4(pid, 0, WCONTINUED | WNOHANG, 0), 0);
    assert_int_equal(wait_for(pid, 0), 99 << 8); /* the sleep was over */
}

static void waitid_tells_stops_as_well(void **state)
{
    struct linux_siginfo info;
    pid_t pid = fork_to(sleep_long, SIGCHLD);

    (void)state;
    process_stop_locked(process_find(pid), SIGSTOP);
    let_others_run();
    for (unsigned keep = WNOWAIT;; keep = 0) {
        assert_int_equal(sys_waitid(P_PID, pid, USER(&info), WUNTRACED | keep, 0), 0);
        assert_int_equal(info.code, CLD_STOPPED);
        assert_int_equal(info.child.status, SIGSTOP);
        if (!keep)
            break;
    }
    signal_send_process_locked(process_find(pid), SIGCONT, NULL);
    assert_int_equal(sys_waitid(P_PID, pid, USER(&info), WCONTINUED, 0), 0);
    assert_int_equal(info.code, CLD_CONTINUED);
    assert_int_equal(info.child.status, SIGCONT);
    kill_and_wait(pid);
}

/* --- which child ------------------------------------------------------------------------------ */

static void wait_takes_the_child_that_is_meant(void **state)
{
    pid_t a = fork_to(exit_3, SIGCHLD), b = fork_to(die, SIGCHLD), c = fork_to(exit_3, SIGCHLD);

    (void)state;
    group_join(process_find(b), group_create(b, p->group->session));
    assert_int_equal(sys_wait4(c, 0, 0, 0), c);
    assert_int_equal(sys_wait4(-b, 0, 0, 0), b);
    assert_int_equal(sys_wait4(0, 0, 0, 0), a); /* of the own group */
    assert_int_equal(sys_wait4(a, 0, 0, 0), -ECHILD);
    assert_int_equal(sys_wait4(-1, 0, 0, 0), -ECHILD);
}

static void a_child_without_sigchld_is_for_wclone(void **state)
{
    pid_t silent = fork_to(exit_3, 0), other;

    (void)state;
    assert_int_equal(p->pending.set, 0);
    assert_int_equal(sys_wait4(-1, 0, 0, 0), -ECHILD);
    assert_int_equal(sys_wait4(-1, 0, WCLONE, 0), silent);
    p->actions[SIGUSR1 - 1].handler = HANDLER;
    other = fork_to(exit_3, SIGUSR1);
    assert_int_equal(p->pending.set, SIGSET(SIGUSR1));
    assert_int_equal(sys_wait4(-1, 0, WALL, 0), other);
    pending_flush(&p->pending, ~0ull);
    signal_recalculate_locked(p->leader);
    other = fork_to(exit_3, SIGCHLD);
    assert_int_equal(sys_wait4(-1, 0, WCLONE, 0), -ECHILD);
    assert_int_equal(sys_wait4(-1, 0, WALL, 0), other);
}

static void what_wait_refuses(void **state)
{
    pid_t pid = fork_to(exit_3, SIGCHLD);

    (void)state;
    assert_int_equal(sys_wait4(-1, 0, 0x10, 0), -EINVAL);
    assert_int_equal(sys_wait4(-1, 0, WNOWAIT, 0), -EINVAL); /* waitid's */
    assert_int_equal(sys_wait4(INT32_MIN, 0, 0, 0), -ESRCH);
    assert_int_equal(sys_waitid(P_ALL, 0, 0, WNOHANG, 0), -EINVAL); /* nothing to wait for */
    assert_int_equal(sys_waitid(P_ALL, 0, 0, WEXITED | 0x10, 0), -EINVAL);
    assert_int_equal(sys_waitid(9, 0, 0, WEXITED, 0), -EINVAL);
    assert_int_equal(sys_waitid(-1, 0, 0, WEXITED, 0), -EINVAL);
    assert_int_equal(sys_waitid(P_PID, 0, 0, WEXITED, 0), -EINVAL);
    assert_int_equal(sys_waitid(P_PID, -1, 0, WEXITED, 0), -EINVAL);
    assert_int_equal(sys_waitid(P_PGID, -1, 0, WEXITED, 0), -EINVAL);
    assert_int_equal(sys_waitid(P_PIDFD, -1, 0, WEXITED, 0), -EINVAL);
    assert_int_equal(sys_waitid(P_PIDFD, 5, 0, WEXITED, 0), -EBADF);
    assert_int_equal(sys_waitid(P_PID, 999, 0, WEXITED, 0), -ECHILD);
    assert_int_equal(sys_wait4(pid, 0, 0, 0), pid);
}

/* The child is gone even so, as in Linux. */
static void an_answer_that_cannot_be_told(void **state)
{
    (void)state;
    (void)fork_to(exit_3, SIGCHLD);
    assert_int_equal(sys_wait4(-1, BAD_ADDRESS, 0, 0), -EFAULT);
    (void)fork_to(exit_3, SIGCHLD);
    assert_int_equal(sys_wait4(-1, 0, 0, BAD_ADDRESS), -EFAULT);
    (void)fork_to(exit_3, SIGCHLD);
    assert_int_equal(sys_waitid(P_ALL, 0, BAD_ADDRESS, WEXITED, 0), -EFAULT);
    (void)fork_to(exit_3, SIGCHLD);
    assert_int_equal(sys_waitid(P_ALL, 0, 0, WEXITED, BAD_ADDRESS), -EFAULT);
    assert_int_equal(sys_wait4(-1, 0, 0, 0), -ECHILD);
    assert_int_equal(nr_processes, 2);
}

static void a_descriptor_says_which_child(void **state)
{
    pid_t other = fork_to(exit_3, SIGCHLD), pid = fork_to(sleep_long, SIGCHLD);
    int patient = (int)sys_pidfd_open(pid, 0), hasty = (int)sys_pidfd_open(pid, PIDFD_NONBLOCK);
    int inits = (int)sys_pidfd_open(1, 0);
    struct linux_siginfo info = {.signo = 99};

    (void)state;
    assert_true(patient >= 0 && hasty >= 0 && inits >= 0);
    assert_int_equal(sys_waitid(P_PIDFD, inits, 0, WEXITED, 0), -ECHILD);
    assert_int_equal(sys_waitid(P_PIDFD, patient, USER(&info), WEXITED | WNOHANG, 0), 0);
    assert_int_equal(info.signo, 0);
    assert_int_equal(sys_waitid(P_PIDFD, hasty, 0, WEXITED, 0), -EAGAIN);
    assert_int_equal(sys_waitid(P_PIDFD, hasty, 0, WEXITED | WNOHANG, 0), 0);
    signal_send_process_locked(process_find(pid), SIGKILL, NULL);
    assert_int_equal(sys_waitid(P_PIDFD, patient, USER(&info), WEXITED, 0), 0);
    assert_int_equal(info.child.pid, pid);
    assert_int_equal(sys_waitid(P_PIDFD, patient, 0, WEXITED, 0), -ECHILD);
    assert_int_equal(sys_wait4(-1, 0, 0, 0), other);
}

/* --- sleeping --------------------------------------------------------------------------------- */

static void run_late(void)
{
    thread_sleep_ns(1000);
    sys_exit(4);
}

static void a_wait_sleeps_until_the_child_ends(void **state)
{
    pid_t pid;

    (void)state;
    body = run_late;
    pid = (pid_t)sys_clone(SIGCHLD, 0, 0, 0, 0);
    assert_int_equal(sys_wait4(-1, 0, WNOHANG, 0), 0);
    assert_int_equal(wait_for(pid, 0), 0x400);
}

static void disturb_the_parent(void)
{
    signal_send_process_locked(p, SIGUSR1, NULL);
    sleep_long();
}

static void a_signal_ends_a_wait(void **state)
{
    pid_t pid;

    (void)state;
    p->actions[SIGUSR1 - 1].handler = HANDLER;
    body = disturb_the_parent;
    pid = (pid_t)sys_clone(SIGCHLD, 0, 0, 0, 0);
    assert_int_equal(sys_wait4(-1, 0, 0, 0), -ERESTARTSYS);
    pending_flush(&p->pending, ~0ull);
    signal_recalculate_locked(p->leader);
    kill_and_wait(pid);
}

/* A child that is there is taken though a signal is pending, too. */
static void a_child_comes_before_a_signal(void **state)
{
    pid_t pid = fork_to(exit_3, SIGCHLD);

    (void)state;
    p->actions[SIGUSR1 - 1].handler = HANDLER;
    signal_send_process_locked(p, SIGUSR1, NULL);
    assert_int_equal(sys_wait4(-1, 0, 0, 0), pid);
}

/* --- what the parent is told ------------------------------------------------------------------ */

static void sigchld_says_who_and_why(void **state)
{
    struct linux_siginfo info;
    pid_t pid;

    (void)state;
    p->leader->blocked = SIGSET(SIGCHLD); /* else it is ignored, by default */
    pid = fork_to(exit_3, SIGCHLD);
    assert_true(signal_take(SIGSET(SIGCHLD), &info));
    assert_int_equal(info.signo, SIGCHLD);
    assert_int_equal(info.code, CLD_EXITED);
    assert_int_equal(info.child.pid, pid);
    assert_int_equal(info.child.status, 3);
    wait_for(pid, 0);
    pid = fork_to(die, SIGCHLD);
    assert_true(signal_take(SIGSET(SIGCHLD), &info));
    assert_int_equal(info.code, CLD_KILLED);
    assert_int_equal(info.child.status, SIGTERM);
    wait_for(pid, 0);
}

static void who_ignores_sigchld_has_no_zombies(void **state)
{
    (void)state;
    p->actions[SIGCHLD - 1].handler = SIG_IGN;
    (void)fork_to(exit_3, SIGCHLD);
    assert_int_equal(sys_wait4(-1, 0, 0, 0), -ECHILD);
    assert_int_equal(p->pending.set, 0);
    p->actions[SIGCHLD - 1].handler = HANDLER;
    p->actions[SIGCHLD - 1].flags = SA_NOCLDWAIT;
    (void)fork_to(exit_3, SIGCHLD);
    assert_int_equal(sys_wait4(-1, 0, 0, 0), -ECHILD);
    assert_int_equal(p->pending.set, SIGSET(SIGCHLD)); /* it is told even so */
    assert_int_equal(nr_processes, 2);
}

/* Who ignores SIGCHLD may wait: until no child is left. */
static void a_wait_by_who_ignores_sigchld(void **state)
{
    (void)state;
    p->actions[SIGCHLD - 1].handler = SIG_IGN;
    body = run_late;
    assert_true(sys_clone(SIGCHLD, 0, 0, 0, 0) > 0);
    assert_int_equal(sys_wait4(-1, 0, 0, 0), -ECHILD);
}

static void a_wait_counts_what_the_child_used(void **state)
{
    pid_t pid = fork_to(sleep_long, SIGCHLD);
    struct process *child = process_find(pid);
    struct linux_rusage u;

    (void)state;
    child->leader->thread.run_ticks = 5 * NS_PER_SEC;
    child->leader->thread.user_clock = (2 * NS_PER_SEC) << THREAD_CLOCK_SHIFT;
    child->leader->nr_minor_faults = 7;
    child->child_utime_ns = NS_PER_SEC;
    signal_send_process_locked(child, SIGKILL, NULL);
    assert_int_equal(sys_wait4(pid, 0, 0, USER(&u)), pid);
    assert_int_equal(u.utime.tv_sec, 3);
    assert_int_equal(u.stime.tv_sec, 3);
    assert_int_equal(u.minflt, 7);
    assert_int_equal(p->child_utime_ns / NS_PER_SEC, 3);
    assert_int_equal(p->child_stime_ns / NS_PER_SEC, 3);
    assert_int_equal(p->nr_child_minor_faults, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(statuses_as_wait4_tells_them),
        TEST(statuses_as_waitid_tells_them),
        TEST(waitid_without_a_result_says_so),
        TEST(stops_are_told_once_and_when_asked_for),
        TEST(waitid_tells_stops_as_well),
        TEST(wait_takes_the_child_that_is_meant),
        TEST(a_child_without_sigchld_is_for_wclone),
        TEST(what_wait_refuses),
        TEST(an_answer_that_cannot_be_told),
        TEST(a_descriptor_says_which_child),
        TEST(a_wait_sleeps_until_the_child_ends),
        TEST(a_signal_ends_a_wait),
        TEST(a_child_comes_before_a_signal),
        TEST(sigchld_says_who_and_why),
        TEST(who_ignores_sigchld_has_no_zombies),
        TEST(a_wait_by_who_ignores_sigchld),
        TEST(a_wait_counts_what_the_child_used),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
