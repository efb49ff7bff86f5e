/*
 * core/time: exactness of the conversions, the pairing heap against a sorted model, and timers
 * against a model under a clock that the test moves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arch/cpu.h>
#include <irq/upcalls.h>
#include <prng/prng.h>
#include <time/time.h>

#define NR_TIMERS 64

void thread_irq_exit(void) /* of core/thread, for core/irq */
{
}

static void test_conversions_are_exact(void **state)
{
    static const uint64_t frequencies[] = {
        1, 32768, 1000000, 3579545, 10000000, 24000000, 1000000000, 2500000000ull, 3333333333ull};
    struct prng prng;

    (void)state;
    prng_init(&prng, 1);
    for (size_t i = 0; i < sizeof(frequencies) / sizeof(frequencies[0]); i++) {
        uint64_t hz = frequencies[i];

        time_init(hz);
        assert_int_equal(time_frequency_hz(), hz);
        for (int round = 0; round < 20000; round++) {
            uint64_t ticks = prng_next(&prng) >> prng_below(&prng, 64);
            unsigned __int128 exact = (unsigned __int128)ticks * 1000000000u / hz;
            uint64_t ns = time_ticks_to_ns(ticks);
            uint64_t deadline = prng_next(&prng) >> (1 + prng_below(&prng, 63));
            uint64_t due;

            if (exact >> 64) {
                assert_true(ns == TIME_NEVER || ns >= TIME_NEVER - 4);
            } else { /* within one part in 2^62, rounded down */
                uint64_t error = (uint64_t)exact > ns ? (uint64_t)exact - ns : ns - (uint64_t)exact;

                assert_true(error <= 1 + ((uint64_t)exact >> 62));
            }
            due = time_ns_to_ticks(deadline);
            if (due != TIME_NEVER) { /* the first tick that is not before the deadline */
                assert_true(time_ticks_to_ns(due) >= deadline);
                assert_true(due == 0 || time_ticks_to_ns(due - 1) < deadline);
            }
        }
        assert_int_equal(time_ns_to_ticks(TIME_NEVER), TIME_NEVER);
        assert_int_equal(time_ticks_to_ns(0), 0);
    }
}

static void test_whole_seconds(void **state)
{
    (void)state;
    time_init(10000000);
    for (uint64_t s = 0; s < 100000; s += 777) {
        assert_int_equal(time_ticks_to_ns(s * 10000000), s * NS_PER_SEC);
        assert_int_equal(time_ns_to_ticks(s * NS_PER_SEC), s * 10000000);
    }
}

static void test_realtime_is_an_offset(void **state)
{
    (void)state;
    time_init(10000000);
    host_ticks = 1000;
    time_set_realtime_ns(1700000000ull * NS_PER_SEC);
    host_ticks += 10000000;
    assert_int_equal(time_realtime_ns(), 1700000001ull * NS_PER_SEC);
    assert_int_equal(time_deadline_ns(TIME_NEVER), TIME_NEVER);
    assert_int_equal(time_deadline_ns(5), time_now_ns() + 5);
}

static size_t heap_check(const struct timer_node *node)
{
    size_t n = 1;

    for (struct timer_node *child = node->child; child; child = child->sibling) {
        assert_true(child->key >= node->key);
        assert_ptr_equal(child->prev->child == child ? child->prev : child->prev->sibling,
                         child->prev->child == child ? node : child);
        n += heap_check(child);
    }
    return n;
}

static void test_heap_against_model(void **state)
{
    static struct timer_node nodes[NR_TIMERS];
    static bool is_in[NR_TIMERS];
    struct timer_node *root = NULL;
    struct prng prng;

    (void)state;
    prng_init(&prng, 2);
    for (int step = 0; step < 200000; step++) {
        size_t i = prng_below(&prng, NR_TIMERS);
        uint64_t least = UINT64_MAX;
        size_t nr = 0;

        if (is_in[i]) {
            timer_heap_remove(&root, &nodes[i]);
        } else {
            nodes[i].key = prng_below(&prng, 100);
            timer_heap_insert(&root, &nodes[i]);
        }
        is_in[i] = !is_in[i];
        for (size_t k = 0; k < NR_TIMERS; k++) {
            if (is_in[k]) {
                nr++;
                least = nodes[k].key < least ? nodes[k].key : least;
            }
        }
        assert_int_equal(root ? root->key : UINT64_MAX, least);
        if (root && step % 64 == 0) {
            assert_null(root->prev);
            assert_null(root->sibling);
            assert_int_equal(heap_check(root), nr);
        }
    }
}

/* The model of each timer. */
static struct {
    struct timer timer;
    uint64_t deadline; /* TIME_NEVER: not armed */
    bool rearms;
} subjects[NR_TIMERS];
static uint64_t nr_fired;
static uint64_t last_deadline;

static void fire(struct timer *timer)
{
    size_t i = (size_t)(container_of(timer, __typeof__(subjects[0]), timer) - subjects);

    assert_false(timer_is_armed(timer));
    assert_true(subjects[i].deadline <= host_ticks);
    assert_true(subjects[i].deadline >= last_deadline); /* in order of deadlines */
    last_deadline = subjects[i].deadline;
    subjects[i].deadline = TIME_NEVER;
    nr_fired++;
    if (subjects[i].rearms) {
        subjects[i].rearms = false;
        subjects[i].deadline = host_ticks + 5;
        timer_arm_ticks(timer, subjects[i].deadline);
    }
}

static uint64_t model_next(void)
{
    uint64_t least = TIME_NEVER;

    for (size_t i = 0; i < NR_TIMERS; i++)
        least = subjects[i].deadline < least ? subjects[i].deadline : least;
    return least;
}

static void test_timers_against_model(void **state)
{
    struct prng prng;
    uint64_t nr_expected = 0;

    (void)state;
    prng_init(&prng, 3);
    host_ticks = 1000;
    time_init(10000000);
    for (size_t i = 0; i < NR_TIMERS; i++) {
        timer_init(&subjects[i].timer, fire);
        subjects[i].deadline = TIME_NEVER;
    }
    for (int step = 0; step < 100000; step++) {
        size_t i = prng_below(&prng, NR_TIMERS);
        bool was_armed = subjects[i].deadline != TIME_NEVER;

        switch (prng_below(&prng, 4)) {
        case 0:
        case 1:
            subjects[i].deadline = host_ticks + prng_below(&prng, 1000);
            subjects[i].rearms = prng_below(&prng, 8) == 0;
            timer_arm_ticks(&subjects[i].timer, subjects[i].deadline);
            break;
        case 2:
            assert_int_equal(prng_below(&prng, 2) ? timer_cancel(&subjects[i].timer)
                                                  : timer_cancel_sync(&subjects[i].timer),
                             was_armed);
            subjects[i].deadline = TIME_NEVER;
            break;
        default:
            host_ticks += prng_below(&prng, 30);
            for (size_t k = 0; k < NR_TIMERS; k++)
                nr_expected += subjects[k].deadline <= host_ticks;
            last_deadline = 0;
            time_interrupt();
            assert_int_equal(nr_fired, nr_expected);
        }
        assert_int_equal(timer_is_armed(&subjects[i].timer), subjects[i].deadline != TIME_NEVER);
        assert_int_equal(time_next_deadline(), model_next());
    }
    assert_true(nr_fired > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conversions_are_exact), cmocka_unit_test(test_whole_seconds),
        cmocka_unit_test(test_realtime_is_an_offset), cmocka_unit_test(test_heap_against_model),
        cmocka_unit_test(test_timers_against_model),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
