/*
 * Sending and taking signals: wake-ups, discarded signals, immediate effects of SIGKILL, the stop
 * signals and SIGCONT; masks.
 */
#include "../../task/test/processes.h"

#include <pending/pending.h>
#include <pending/upcalls.h>

#define HANDLER 0x1000

static struct process *init, *p;
static struct user_thread *first, *second;
static int last_taken;

/* linux/clock's part. */
void timers_signal_taken_locked(struct process *process, struct linux_siginfo *info)
{
    assert_ptr_equal(process, process_current());
    last_taken = info->signo;
}

static int begin(void **state)
{
    (void)state;
    init = make_process(1, NULL, &cred_kernel);
    p = make_process(10, init, &cred_kernel);
    first = p->leader;
    second = make_thread(p, 11);
    act_as(first);
    return 0;
}

static void on(int signal, uint64_t handler)
{
    p->actions[signal - 1].handler = handler;
}

static int send(int signal)
{
    return signal_send_process_locked(p, signal, NULL);
}

static bool is_roused(const struct user_thread *ut)
{
    return ut->thread.arch.user_work & THREAD_WORK_SIGNAL;
}

static void calm(void)
{
    first->thread.arch.user_work = second->thread.arch.user_work = 0;
}

static void assert_taken(int signal)
{
    struct linux_siginfo info;

    assert_true(signal_take(~0ull, &info));
    assert_int_equal(info.signo, signal);
    assert_int_equal(last_taken, signal);
}

/* --- who takes it ----------------------------------------------------------------------------- */

static void the_first_thread_that_does_not_block_it(void **state)
{
    (void)state;
    on(SIGUSR1, HANDLER);
    assert_int_equal(send(SIGUSR1), 0);
    assert_true(is_roused(first) && !is_roused(second));
    assert_taken(SIGUSR1);
    assert_false(is_roused(first)); /* there is nothing left */
    first->blocked = SIGSET(SIGUSR1);
    send(SIGUSR1);
    assert_true(!is_roused(first) && is_roused(second));
}

static void a_signal_to_a_thread_is_that_threads_alone(void **state)
{
    struct linux_siginfo info;

    (void)state;
    on(SIGUSR1, HANDLER);
    assert_int_equal(signal_send_thread(second, SIGUSR1, NULL), 0);
    assert_true(!is_roused(first) && is_roused(second));
    assert_int_equal(signal_pending_set(first), 0);
    assert_false(signal_take(~0ull, &info));
    act_as(second);
    assert_taken(SIGUSR1);
}

static void own_signals_first_then_by_number(void **state)
{
    const int sent[] = {SIGTERM, SIGRTMIN + 1, SIGUSR1, SIGHUP};

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        on(sent[i], HANDLER);
        send(sent[i]);
        send(sent[i]);
    }
    on(SIGALRM, HANDLER);
    signal_send_thread(first, SIGALRM, NULL);
    assert_taken(SIGALRM);
    assert_taken(SIGHUP);
    assert_taken(SIGUSR1);
    assert_taken(SIGTERM);
    assert_taken(SIGRTMIN + 1);
    assert_taken(SIGRTMIN + 1); /* those of real time queue */
    assert_int_equal(signal_pending_set(first), 0);
}

static void a_blocked_one_waits_for_its_mask(void **state)
{
    (void)state;
    on(SIGUSR1, HANDLER);
    signal_set_mask(SIGSET(SIGUSR1));
    second->blocked = SIGSET(SIGUSR1);
    send(SIGUSR1);
    assert_true(!is_roused(first) && !is_roused(second));
    assert_int_equal(signal_pending_set(second), SIGSET(SIGUSR1));
    signal_set_mask(0);
    assert_true(signal_is_pending());
}

/* The thread that was woken for it blocks it before it takes it: another is woken. */
static void a_signal_finds_another_taker(void **state)
{
    (void)state;
    on(SIGUSR1, HANDLER);
    send(SIGUSR1);
    assert_false(is_roused(second));
    signal_set_mask(SIGSET(SIGUSR1));
    assert_true(!is_roused(first) && is_roused(second));
    calm();
    signal_retarget_locked(second, SIGSET(SIGUSR2)); /* this one is not concerned */
    assert_false(is_roused(first));
}

/* --- what is thrown away ---------------------------------------------------------------------- */

static void ignored_signals_are_kept_only_while_blocked(void **state)
{
    (void)state;
    on(SIGUSR1, SIG_IGN);
    send(SIGUSR1);
    send(SIGCHLD); /* by default */
    assert_int_equal(signal_pending_set(first), 0);
    assert_false(is_roused(first));
    first->blocked = second->blocked = SIGSET(SIGUSR1) | SIGSET(SIGCHLD);
    send(SIGUSR1);
    send(SIGCHLD);
    assert_int_equal(signal_pending_set(first), SIGSET(SIGUSR1) | SIGSET(SIGCHLD));
    assert_true(signal_is_ignored_or_blocked(SIGUSR1));
    first->blocked = 0;
    assert_true(signal_is_ignored_or_blocked(SIGUSR1));
    assert_false(signal_is_ignored_or_blocked(SIGTTOU));
}

static void init_takes_what_it_has_a_handler_for(void **state)
{
    (void)state;
    init->actions[SIGUSR1 - 1].handler = HANDLER;
    signal_send_process_locked(init, SIGTERM, NULL);
    signal_send_process_locked(init, SIGKILL, NULL);
    signal_send_process_locked(init, SIGSTOP, NULL);
    assert_int_equal(init->pending.set, 0);
    assert_false(init->is_exiting);
    signal_send_process_locked(init, SIGUSR1, NULL);
    assert_int_equal(init->pending.set, SIGSET(SIGUSR1));
}

static void who_is_dead_takes_nothing(void **state)
{
    (void)state;
    p->state = PROCESS_ZOMBIE;
    assert_int_equal(send(SIGKILL), 0);
    assert_false(p->is_exiting);
    p->state = PROCESS_ALIVE;
    assert_int_equal(send(0), 0); /* asks whether it may */
    assert_int_equal(p->pending.set, 0);
    assert_false(is_roused(first));
}

/* --- deadly ones ------------------------------------------------------------------------------ */

static void the_first_deadly_signal_is_the_status(void **state)
{
    (void)state;
    send(SIGTERM);
    send(SIGKILL);
    assert_true(p->is_exiting);
    assert_int_equal(p->exit_status, SIGTERM);
    assert_true(is_roused(first) && is_roused(second));
}

static void nothing_holds_sigkill_back(void **state)
{
    (void)state;
    signal_set_mask(~0ull);
    assert_int_equal(first->blocked, ~(SIGSET(SIGKILL) | SIGSET(SIGSTOP)));
    second->blocked = first->blocked;
    on(SIGTERM, HANDLER);
    send(SIGTERM);
    assert_false(p->is_exiting);
    process_stop_locked(p, SIGSTOP);
    send(SIGKILL);
    assert_true(p->is_exiting && !p->is_stopping);
    assert_int_equal(p->exit_status, SIGKILL);
}

/* --- stopping and going on -------------------------------------------------------------------- */

static void stop_all_threads(int signal)
{
    process_stop_locked(p, signal);
    assert_int_equal(p->state, PROCESS_ALIVE);
    p->nr_stopped = 2; /* both have parked */
    process_stop_locked(p, signal);
    assert_int_equal(p->state, PROCESS_STOPPED);
}

static void assert_parent_is_told(int code, int status)
{
    struct linux_siginfo info;

    assert_true(pending_take(&init->pending, ~0ull, &info));
    assert_int_equal(info.signo, SIGCHLD);
    assert_int_equal(info.code, code);
    assert_int_equal(info.child.pid, 10);
    assert_int_equal(info.child.status, status);
    assert_int_equal(init->pending.set, 0);
}

static void a_parent_learns_of_stops(void **state)
{
    (void)state;
    init->actions[SIGCHLD - 1].handler = HANDLER;
    stop_all_threads(SIGTSTP);
    assert_parent_is_told(CLD_STOPPED, SIGTSTP);
    assert_true(p->has_stop_report);
    send(SIGCONT);
    assert_int_equal(p->state, PROCESS_ALIVE);
    assert_parent_is_told(CLD_CONTINUED, SIGCONT);
    assert_true(p->has_continue_report && !p->has_stop_report);
    p->nr_stopped = 0;
    init->actions[SIGCHLD - 1].flags = SA_NOCLDSTOP;
    stop_all_threads(SIGSTOP);
    assert_int_equal(init->pending.set, 0);
    assert_true(p->has_stop_report && !p->has_continue_report); /* it may ask even so */
}

static void stop_and_continue_undo_each_other(void **state)
{
    (void)state;
    signal_set_mask(SIGSET(SIGTSTP) | SIGSET(SIGCONT));
    second->blocked = first->blocked;
    send(SIGTSTP);
    signal_send_thread(second, SIGTTIN, NULL);
    send(SIGCONT);
    assert_int_equal(signal_pending_set(second), SIGSET(SIGCONT));
    signal_send_thread(second, SIGTSTP, NULL);
    assert_int_equal(signal_pending_set(second), SIGSET(SIGTSTP));
}

static void a_stopped_process_dies_when_it_goes_on(void **state)
{
    (void)state;
    stop_all_threads(SIGSTOP);
    send(SIGTERM);
    assert_false(p->is_exiting);
    assert_int_equal(p->pending.set, SIGSET(SIGTERM));
    send(SIGCONT); /* even one that is ignored, or has no handler, continues */
    assert_int_equal(p->state, PROCESS_ALIVE);
    assert_false(p->is_stopping);
}

/* --- groups, forks ---------------------------------------------------------------------------- */

static void a_child_that_is_being_made_is_a_member(void **state)
{
    struct fork_in_flight fork = {.signals = 0};

    (void)state;
    on(SIGINT, HANDLER);
    on(SIGUSR1, HANDLER);
    list_add(&p->forks, &fork.node);
    assert_int_equal(signal_send_group_locked(p->group, SIGINT, NULL), 0);
    assert_int_equal(p->pending.set, SIGSET(SIGINT));
    send(SIGUSR1); /* for the parent alone */
    signal_send_group_locked(p->group, 0, NULL);
    assert_int_equal(fork.signals, SIGSET(SIGINT));
    signal_send_member_locked(p, SIGTSTP, NULL);
    signal_send_member_locked(p, SIGCONT, NULL);
    assert_int_equal(fork.signals, SIGSET(SIGINT) | SIGSET(SIGCONT));
    signal_send_member_locked(p, SIGTSTP, NULL);
    assert_int_equal(fork.signals, SIGSET(SIGINT) | SIGSET(SIGTSTP));
    list_del(&fork.node);
}

static void nobody_is_in_a_group_without_members(void **state)
{
    struct process_group *g = group_create(20, p->group->session);

    (void)state;
    process_group_get(g);
    assert_int_equal(signal_send_group_locked(g, SIGHUP, NULL), -ESRCH);
    process_group_put(g);
}

/* --- a mask for one call ---------------------------------------------------------------------- */

static void a_calls_mask_ends_with_it(void **state)
{
    (void)state;
    signal_set_mask(SIGSET(SIGUSR1));
    signal_mask_for_call(SIGSET(SIGUSR2) | SIGSET(SIGKILL));
    assert_int_equal(first->blocked, SIGSET(SIGUSR2));
    assert_int_equal(signal_mask_call_over(3), 3);
    assert_int_equal(first->blocked, SIGSET(SIGUSR1));
    /* A handler is to be entered with the call's mask. */
    signal_mask_for_call(0);
    assert_int_equal(signal_mask_call_over(-EINTR), -EINTR);
    assert_int_equal(first->blocked, 0);
    signal_mask_restore();
    assert_int_equal(first->blocked, SIGSET(SIGUSR1));
    signal_mask_restore(); /* there is none any more */
    assert_int_equal(first->blocked, SIGSET(SIGUSR1));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_thread_that_does_not_block_it),
        TEST(a_signal_to_a_thread_is_that_threads_alone),
        TEST(own_signals_first_then_by_number),
        TEST(a_blocked_one_waits_for_its_mask),
        TEST(a_signal_finds_another_taker),
        TEST(ignored_signals_are_kept_only_while_blocked),
        TEST(init_takes_what_it_has_a_handler_for),
        TEST(who_is_dead_takes_nothing),
        TEST(the_first_deadly_signal_is_the_status),
        TEST(nothing_holds_sigkill_back),
        TEST(a_parent_learns_of_stops),
        TEST(stop_and_continue_undo_each_other),
        TEST(a_stopped_process_dies_when_it_goes_on),
        TEST(a_child_that_is_being_made_is_a_member),
        TEST(nobody_is_in_a_group_without_members),
        TEST(a_calls_mask_ends_with_it),
    };

    return cmocka_run_group_tests(tests, world_init, NULL);
}
