/*
 * Pending sets: order, what queues and what does not, limits by user.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <base/errno.h>
#include <frame/frame.h>
#include <heap/heap.h>
#include <host/host.h>
#include <sigqueue/sigqueue.h>

#define ALL (~0ull)

static struct pending_set pending;
static struct user_account *account;

static int set_up(void **state)
{
    static const struct frame_range ram = {{0x80000000}, MIB(16)};

    (void)state;
    host_ram_init(ram.start, ram.size);
    return frame_init(&ram, 1, NULL, 0) != 0 || heap_init() != 0 ? -1 : 0;
}

static int begin(void **state)
{
    (void)state;
    pending_init(&pending);
    account = user_account_find(1000);
    return account ? 0 : -1;
}

/* Nothing of a set counts after it was thrown away. */
static int end(void **state)
{
    (void)state;
    pending_flush(&pending, ALL);
    assert_int_equal(pending.set, 0);
    assert_true(list_is_empty(&pending.queue));
    assert_int_equal(account->nr_signals, 0);
    assert_int_equal(account->refcount, 1);
    user_account_put(account);
    return 0;
}

static int add(int signal, int code, uint64_t value, uint64_t nr_max)
{
    struct linux_siginfo info = {.code = code, .queue.value = value};

    return pending_add(&pending, account, nr_max, signal, &info);
}

static void assert_taken(sigset64_t set, int signal, uint64_t value)
{
    struct linux_siginfo info;

    assert_true(pending_take(&pending, set, &info));
    assert_int_equal(info.signo, signal);
    assert_int_equal(info.queue.value, value);
}

static void a_standard_signal_is_pending_once(void **state)
{
    struct linux_siginfo info;

    (void)state;
    assert_int_equal(add(SIGUSR1, SI_QUEUE, 1, 10), 0);
    assert_int_equal(add(SIGUSR1, SI_QUEUE, 2, 10), 0);
    assert_int_equal(account->nr_signals, 1);
    assert_taken(ALL, SIGUSR1, 1);
    assert_false(pending_take(&pending, ALL, &info));
}

/* A timer's signal is told of by itself, whatever else of its number is pending. */
static void signals_of_timers_queue(void **state)
{
    struct linux_siginfo info = {.code = SI_TIMER};

    (void)state;
    assert_int_equal(add(SIGALRM, SI_USER, 7, 10), 0);
    assert_false(pending_has_timer(&pending, SIGALRM, 7));
    for (int id = 1; id <= 2; id++) {
        info.timer.timer_id = id;
        assert_int_equal(pending_add(&pending, account, 10, SIGALRM, &info), 0);
        assert_true(pending_has_timer(&pending, SIGALRM, id));
        assert_false(pending_has_timer(&pending, SIGUSR1, id));
    }
    assert_int_equal(add(SIGALRM, SI_USER, 8, 10), 0); /* this one does not */
    assert_taken(ALL, SIGALRM, 7);
    for (int id = 1; id <= 2; id++) {
        assert_true(pending_take(&pending, ALL, &info));
        assert_int_equal(info.timer.timer_id, id);
        assert_false(pending_has_timer(&pending, SIGALRM, id));
    }
    assert_int_equal(pending.set, 0);
}

static void real_time_signals_keep_their_order(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(add(SIGRTMIN + 1, SI_QUEUE, i, 10), 0);
        assert_int_equal(add(SIGRTMIN, SI_QUEUE, 10 + i, 10), 0);
    }
    for (unsigned i = 0; i < 3; i++)
        assert_taken(ALL, SIGRTMIN, 10 + i);
    assert_true(pending.set == SIGSET(SIGRTMIN + 1));
    for (unsigned i = 0; i < 3; i++)
        assert_taken(ALL, SIGRTMIN + 1, i);
    assert_int_equal(pending.set, 0);
}

/* Of the thread itself, and so before what others sent, whatever its number. */
static void faults_come_first(void **state)
{
    (void)state;
    assert_int_equal(add(SIGHUP, SI_USER, 1, 10), 0);
    assert_int_equal(add(SIGSEGV, SEGV_MAPERR, 2, 10), 0);
    assert_taken(ALL, SIGSEGV, 2);
    assert_taken(ALL, SIGHUP, 1);
}

static void what_is_not_asked_for_stays(void **state)
{
    struct linux_siginfo info;

    (void)state;
    assert_int_equal(add(SIGUSR1, SI_USER, 1, 10), 0);
    assert_int_equal(add(SIGUSR2, SI_USER, 2, 10), 0);
    assert_false(pending_take(&pending, ALL & ~(SIGSET(SIGUSR1) | SIGSET(SIGUSR2)), &info));
    assert_taken(SIGSET(SIGUSR2), SIGUSR2, 2);
    pending_flush(&pending, SIGSET(SIGUSR2) | SIGSET(SIGINT));
    assert_taken(ALL, SIGUSR1, 1);
}

static void limits_refuse_what_sigqueue_sends(void **state)
{
    struct linux_siginfo info;

    (void)state;
    assert_int_equal(add(SIGRTMIN, SI_QUEUE, 1, 2), 0);
    assert_int_equal(add(SIGRTMIN, SI_QUEUE, 2, 2), 0);
    assert_int_equal(add(SIGRTMIN, SI_QUEUE, 3, 2), -EAGAIN);
    assert_int_equal(account->nr_signals, 2);
    /* kill is not told: the signal is pending, and its info lost. */
    assert_int_equal(add(SIGRTMIN + 1, SI_USER, 4, 2), 0);
    assert_true(pending_take(&pending, SIGSET(SIGRTMIN + 1), &info));
    assert_int_equal(info.signo, SIGRTMIN + 1);
    assert_int_equal(info.queue.value, 0);
    /* Nor is a standard one of kill or the kernel limited. */
    assert_int_equal(add(SIGTERM, SI_USER, 5, 2), 0);
    assert_int_equal(account->nr_signals, 3);
    assert_int_equal(pending_add(&pending, account, 0, SIGINT, NULL), 0);
    assert_true(pending_take(&pending, SIGSET(SIGINT), &info));
    assert_int_equal(info.code, SI_KERNEL);
}

/* A queued signal counts for the user that it was sent to, whoever the process is by then. */
static void an_account_lives_as_long_as_its_signals(void **state)
{
    struct user_account *other = user_account_find(2000);

    (void)state;
    assert_int_equal(pending_add(&pending, other, 10, SIGRTMIN, NULL), 0);
    user_account_put(other);
    assert_int_equal(other->refcount, 1);
    assert_int_equal(other->nr_signals, 1);
    pending_flush(&pending, ALL); /* the sanitizer sees that it is freed once */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_standard_signal_is_pending_once, begin, end),
        cmocka_unit_test_setup_teardown(signals_of_timers_queue, begin, end),
        cmocka_unit_test_setup_teardown(real_time_signals_keep_their_order, begin, end),
        cmocka_unit_test_setup_teardown(faults_come_first, begin, end),
        cmocka_unit_test_setup_teardown(what_is_not_asked_for_stays, begin, end),
        cmocka_unit_test_setup_teardown(limits_refuse_what_sigqueue_sends, begin, end),
        cmocka_unit_test_setup_teardown(an_account_lives_as_long_as_its_signals, begin, end),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
