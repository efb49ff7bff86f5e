/*
 * core/time on the machine: timers fire once, in time, on the CPU that armed them, and never after
 * timer_cancel_sync.
 */
#include <ktest/ktest.h>
#include <percpu/percpu.h>
#include <time/time.h>

#define NR_TIMERS   100
#define PATIENCE_MS 60000 /* a busy host may stop a hart for a long time */

struct subject {
    struct timer timer;
    uint64_t deadline_ns;
    uint64_t fired_ns;
    uint32_t cpu;
    uint32_t nr_fired; /* [a] */
};

static void fire(struct timer *timer)
{
    struct subject *s = container_of(timer, struct subject, timer);

    s->fired_ns = time_now_ns();
    s->cpu = cpu_index();
    __atomic_fetch_add(&s->nr_fired, 1, __ATOMIC_RELEASE);
}

static void wait_ns(uint64_t ns)
{
    uint64_t end = time_deadline_ns(ns);

    while (time_now_ns() < end)
        arch_cpu_relax();
}

KTEST(timer_fires_once_and_not_early)
{
    static struct subject subjects[NR_TIMERS];
    uint64_t worst = 0;

    for (int i = 0; i < NR_TIMERS; i++) {
        subjects[i] = (struct subject){.deadline_ns = time_deadline_ns(7919u * (i * 37 % 100 + 1))};
        timer_init(&subjects[i].timer, fire);
        timer_arm(&subjects[i].timer, subjects[i].deadline_ns);
    }
    for (int i = 0; i < NR_TIMERS; i += 3) {
        timer_cancel(&subjects[i].timer);
        timer_arm(&subjects[i].timer, subjects[i].deadline_ns);
    }
    wait_ns(20 * NS_PER_MSEC);
    for (int i = 0; i < NR_TIMERS; i++) {
        for (int k = 0; k < PATIENCE_MS && !READ_ONCE(subjects[i].nr_fired); k++)
            wait_ns(NS_PER_MSEC);
        KTEST_EXPECT(READ_ONCE(subjects[i].nr_fired) >= 1);
        KTEST_EXPECT(subjects[i].fired_ns >= subjects[i].deadline_ns);
        worst = MAX(worst, subjects[i].fired_ns - subjects[i].deadline_ns);
        KTEST_EXPECT(!timer_is_armed(&subjects[i].timer));
    }
    KTEST_EXPECT(worst < PATIENCE_MS * NS_PER_MSEC);
}

KTEST(timer_in_the_past_fires_at_once)
{
    struct subject s = {0};

    timer_init(&s.timer, fire);
    timer_arm(&s.timer, 1);
    for (int k = 0; k < PATIENCE_MS && !READ_ONCE(s.nr_fired); k++)
        wait_ns(NS_PER_MSEC);
    KTEST_EXPECT_EQ(s.nr_fired, 1);
    timer_arm(&s.timer, TIME_NEVER);
    KTEST_EXPECT(!timer_is_armed(&s.timer));
    timer_cancel_sync(&s.timer);
}

/* A timer that arms itself again for ever, cancelled at awkward moments. */
static void again(struct timer *timer)
{
    struct subject *s = container_of(timer, struct subject, timer);

    __atomic_fetch_add(&s->nr_fired, 1, __ATOMIC_RELEASE);
    timer_arm_after(timer, 3000);
}

KTEST(timer_cancel_sync_is_final)
{
    for (int i = 0; i < 300; i++) {
        struct subject s = {0};
        uint32_t nr_fired;

        timer_init(&s.timer, again);
        timer_arm_after(&s.timer, 2000);
        wait_ns(1000u + (uint64_t)i * 331 % 20000);
        timer_cancel_sync(&s.timer);
        nr_fired = READ_ONCE(s.nr_fired);
        KTEST_EXPECT(!timer_is_armed(&s.timer));
        wait_ns(10000);
        KTEST_EXPECT_EQ(READ_ONCE(s.nr_fired), nr_fired);
    }
}

KTEST(clock_goes_forward)
{
    uint64_t last = time_now_ns();

    for (int i = 0; i < 10000; i++) {
        uint64_t now = time_now_ns();

        KTEST_REQUIRE(now >= last);
        last = now;
    }
    time_set_realtime_ns(1234567890 * NS_PER_SEC);
    KTEST_EXPECT(time_realtime_ns() >= 1234567890 * NS_PER_SEC);
    KTEST_EXPECT(time_realtime_ns() < 1234567990 * NS_PER_SEC);
}
