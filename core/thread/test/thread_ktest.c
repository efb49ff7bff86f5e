/*
 * core/thread on the machine: storms of births and deaths, placement, preemption, sleeping and
 * waking. One file: the cases share the storm's threads and its books.
 */
#include <heap/heap.h>
#include <ktest/ktest.h>
#include <percpu/percpu.h>
#include <sched/sched.h>
#include <string/string.h>
#include <thread/thread.h>

#define NR_THREADS  16
#define PATIENCE_NS (60 * NS_PER_SEC) /* a busy host may stop a hart for a long time */

static bool policy_preempts(void)
{
    return strcmp(SCHED_POLICY_NAME, "fifo") != 0;
}

static void expect_time_ok(uint64_t deadline_ns, bool *is_ok)
{
    if (time_now_ns() > deadline_ns)
        *is_ok = false;
}

static void count_up(void *arg)
{
    __atomic_fetch_add((uint32_t *)arg, 1, __ATOMIC_RELAXED);
}

KTEST(thread_spawn_join_storm)
{
    uint32_t count = 0;

    for (int round = 0; round < 20; round++) {
        struct thread *threads[NR_THREADS];

        for (int i = 0; i < NR_THREADS; i++) {
            threads[i] = thread_create(count_up, &count, "storm", NULL);
            KTEST_REQUIRE(threads[i] != NULL);
        }
        for (int i = 0; i < NR_THREADS; i++)
            thread_join(threads[i]);
        KTEST_EXPECT_EQ(count, (round + 1) * NR_THREADS);
    }
}

KTEST(thread_detach_storm)
{
    uint64_t deadline = time_deadline_ns(PATIENCE_NS);
    uint32_t count = 0;
    bool is_ok = true;

    for (int i = 0; i < 300; i++) {
        struct thread *t = thread_create(count_up, &count, "detached", NULL);

        KTEST_REQUIRE(t != NULL);
        thread_detach(t);
    }
    while (READ_ONCE(count) < 300 && is_ok) {
        thread_sleep_ns(NS_PER_MSEC);
        expect_time_ok(deadline, &is_ok);
    }
    KTEST_EXPECT_EQ(count, 300);
}

/* Embedded, with the caller's stack and callbacks. */
struct owned {
    struct thread thread;
    uint32_t nr_in, nr_out, nr_released, nr_run;
};

static struct owned *owned_of(struct thread *t)
{
    return container_of(t, struct owned, thread);
}

static void owned_out(struct thread *prev, struct thread *next)
{
    owned_of(prev)->nr_out++;
}
static void owned_in(struct thread *prev, struct thread *next)
{
    owned_of(next)->nr_in++;
}
static void owned_release(struct thread *t)
{
    owned_of(t)->nr_released++;
}
static void owned_run(void *arg)
{
    struct owned *o = arg;

    for (int i = 0; i < 10; i++) {
        o->nr_run++;
        thread_sleep_ns(10 * NS_PER_USEC);
    }
}

KTEST(thread_embedded_with_callbacks)
{
    static const struct thread_ops ops = {owned_out, owned_in, owned_release};
    static uint8_t stack[KIB(8)] ALIGNED(4096);
    static struct owned o;
    struct thread_attr attr = {.stack = stack, .stack_size = sizeof(stack), .ops = &ops};

    o = (struct owned){0};
    KTEST_REQUIRE(thread_init(&o.thread, owned_run, &o, "owned", &attr) == 0);
    thread_start(&o.thread);
    thread_join(&o.thread);
    KTEST_EXPECT_EQ(o.nr_run, 10);
    KTEST_EXPECT_EQ(o.nr_released, 1);
    KTEST_EXPECT(o.nr_in >= 1);
    KTEST_EXPECT_EQ(o.nr_in, o.nr_out);

    KTEST_REQUIRE(thread_init(&o.thread, owned_run, &o, "never started", &attr) == 0);
    thread_fini(&o.thread);
    KTEST_EXPECT_EQ(o.nr_run, 10);
}

/* Two users of one thread, told in the order that lets each undo what it did. */
struct user {
    struct thread_hook hook;
    struct user *inner; /* added after this one, or NULL */
    int nr_in, nr_out;
    bool is_in, is_wrong;
};

static void user_out(struct thread_hook *hook)
{
    struct user *u = container_of(hook, struct user, hook);

    u->is_wrong |= !u->is_in || (u->inner && u->inner->is_in);
    u->is_in = false;
    u->nr_out++;
}

static void user_in(struct thread_hook *hook)
{
    struct user *u = container_of(hook, struct user, hook);

    u->is_wrong |= u->is_in;
    u->is_in = true;
    u->nr_in++;
}

/* Sleeps until *nr_switches has come to 20. One sleep may switch nothing: its time may be over. */
static void switch_until(const int *nr_switches)
{
    uint64_t limit = time_deadline_ns(PATIENCE_NS);

    while (*nr_switches < 20 && time_now_ns() < limit)
        thread_sleep_ns(10 * NS_PER_USEC);
}

static void switch_often(void)
{
    for (int i = 0; i < 20; i++) {
        thread_yield();
        thread_sleep_ns(10 * NS_PER_USEC);
    }
}

static void run_hooked(void *arg)
{
    struct user outer = {.hook = {user_out, user_in, NULL}, .is_in = true};
    struct user inner = {.hook = {user_out, NULL, NULL}, .is_in = true};
    int seen;

    thread_hook_add(&outer.hook);
    switch_until(&outer.nr_in);
    KTEST_EXPECT(outer.nr_in >= 20 && outer.nr_out >= 20 && !outer.is_wrong);
    KTEST_EXPECT(outer.is_in);

    outer.inner = &inner;
    thread_hook_add(&inner.hook);
    for (uint64_t limit = time_deadline_ns(PATIENCE_NS);
         inner.nr_out < 20 && time_now_ns() < limit;) {
        inner.is_in = true;
        thread_sleep_ns(10 * NS_PER_USEC);
        KTEST_EXPECT(outer.is_in);
    }
    KTEST_EXPECT(inner.nr_out >= 20 && !outer.is_wrong);

    thread_hook_remove(&outer.hook); /* not the last one added */
    seen = outer.nr_out;
    switch_often();
    KTEST_EXPECT_EQ(outer.nr_out, seen);
    thread_hook_remove(&inner.hook);
    seen = inner.nr_out;
    switch_often();
    KTEST_EXPECT_EQ(inner.nr_out, seen);
}

KTEST(thread_hooks_follow_the_switches)
{
    struct thread *threads[NR_THREADS];

    for (int i = 0; i < NR_THREADS; i++) {
        threads[i] = thread_create(run_hooked, NULL, "hooked", NULL);
        KTEST_REQUIRE(threads[i] != NULL);
    }
    for (int i = 0; i < NR_THREADS; i++)
        thread_join(threads[i]);
}

KTEST(thread_bad_attributes_are_refused)
{
    struct thread t;

    KTEST_EXPECT(thread_init(&t, count_up, NULL, "x", &(struct thread_attr){.nice = 20}) != 0);
    KTEST_EXPECT(thread_init(&t, count_up, NULL, "x",
                             &(struct thread_attr){.affinity = ~cpus_online}) != 0 ||
                 cpus_online == ~(cpumask_t)0);
    KTEST_EXPECT(thread_set_nice(thread_current(), -21) != 0);
    KTEST_EXPECT(thread_set_affinity(thread_current(), 0) != 0);
}

/* Threads that compute are spread over all CPUs, whoever starts them. */
static cpumask_t cpus_seen;
static uint64_t give_up_at;

static void spin_everywhere(void *arg)
{
    while (READ_ONCE(cpus_seen) != cpus_online && time_now_ns() < give_up_at)
        __atomic_fetch_or(&cpus_seen, BIT(cpu_index()), __ATOMIC_RELAXED);
}

KTEST(thread_work_reaches_all_cpus)
{
    struct thread *threads[NR_THREADS];

    cpus_seen = 0;
    give_up_at = time_deadline_ns(PATIENCE_NS);
    for (int i = 0; i < NR_THREADS; i++) {
        threads[i] = thread_create(spin_everywhere, NULL, "spin", NULL);
        KTEST_REQUIRE(threads[i] != NULL);
    }
    for (int i = 0; i < NR_THREADS; i++)
        thread_join(threads[i]);
    KTEST_EXPECT_EQ(cpus_seen, cpus_online);
}

/* Work that waits on one CPU is taken by those that fall idle. */
static uint32_t nr_released_threads;

static void let_go_then_spin(void *arg)
{
    struct thread *t = thread_current();

    /* Born on CPU 0 only; now anywhere. Waits there for its turn, unless somebody steals it. */
    KTEST_EXPECT(thread_set_affinity(t, ~(cpumask_t)0) == 0);
    __atomic_fetch_add(&nr_released_threads, 1, __ATOMIC_RELAXED);
    spin_everywhere(NULL);
}

KTEST(thread_idle_cpus_steal)
{
    struct thread_attr attr = {.affinity = BIT(0)};
    struct thread *threads[NR_THREADS];

    if (cpu_count() == 1)
        KTEST_SKIP("one CPU");
    if (!policy_preempts())
        KTEST_SKIP("under fifo the first spins for ever");
    cpus_seen = 0;
    nr_released_threads = 0;
    give_up_at = time_deadline_ns(PATIENCE_NS);
    for (int i = 0; i < NR_THREADS; i++) {
        threads[i] = thread_create(let_go_then_spin, NULL, "steal", &attr);
        KTEST_REQUIRE(threads[i] != NULL);
    }
    for (int i = 0; i < NR_THREADS; i++)
        thread_join(threads[i]);
    KTEST_EXPECT_EQ(cpus_seen, cpus_online);
}

struct pinned {
    cpumask_t mask;
    uint32_t nr_wrong;
};

static bool is_placed(cpumask_t mask)
{
    unsigned long flags = arch_irq_save();
    bool is_ok = mask >> cpu_index() & 1;

    arch_irq_restore(flags);
    return is_ok;
}

static void stay(void *arg)
{
    struct pinned *p = arg;

    for (int i = 0; i < 300; i++) {
        p->nr_wrong += !is_placed(p->mask);
        if (i % 16 == 0)
            thread_sleep_ns(20 * NS_PER_USEC);
        else
            thread_yield();
    }
}

KTEST(thread_affinity_is_honoured)
{
    static struct pinned pinned[NR_THREADS];
    struct thread *threads[NR_THREADS];

    for (unsigned i = 0; i < NR_THREADS; i++) {
        struct thread_attr attr = {.affinity = BIT(i % cpu_count())};

        pinned[i] = (struct pinned){.mask = attr.affinity};
        threads[i] = thread_create(stay, &pinned[i], "pinned", &attr);
        KTEST_REQUIRE(threads[i] != NULL);
    }
    for (int i = 0; i < NR_THREADS; i++) {
        thread_join(threads[i]);
        KTEST_EXPECT_EQ(pinned[i].nr_wrong, 0);
    }
}

KTEST(thread_moves_itself)
{
    uint32_t nr_wrong = 0;

    for (unsigned i = 0; i < 200; i++) {
        cpumask_t mask = BIT(i % cpu_count());

        KTEST_EXPECT(thread_set_affinity(thread_current(), mask) == 0);
        nr_wrong += !is_placed(mask);
    }
    KTEST_EXPECT_EQ(nr_wrong, 0);
    KTEST_EXPECT(thread_set_affinity(thread_current(), ~(cpumask_t)0) == 0);
}

/* Others push a running, sleeping and yielding thread about. */
static void wander(void *arg)
{
    const bool *is_over = arg;

    for (unsigned i = 0; !READ_ONCE(*is_over); i++) {
        if (i % 3 == 0) {
            thread_sleep_ns(5 * NS_PER_USEC);
        } else if (i % 3 == 1) {
            thread_yield();
        } else {
            thread_block_prepare(THREAD_BLOCKED); /* preempted and moved while announced */
            for (int k = 0; k < 50; k++)
                compiler_barrier();
            thread_block_cancel();
        }
    }
}

KTEST(thread_affinity_storm)
{
    struct thread *threads[4];
    bool is_over = false;

    for (int i = 0; i < 4; i++) {
        threads[i] = thread_create(wander, &is_over, "wander", NULL);
        KTEST_REQUIRE(threads[i] != NULL);
    }
    for (unsigned i = 0; i < 600; i++) {
        cpumask_t mask = BIT(i * 7 % cpu_count()) | (i % 5 ? 0 : BIT(0));

        KTEST_EXPECT(thread_set_affinity(threads[i % 4], mask) == 0);
        if (i % 16 == 0)
            thread_sleep_ns(10 * NS_PER_USEC);
    }
    __atomic_store_n(&is_over, true, __ATOMIC_RELAXED);
    for (int i = 0; i < 4; i++)
        thread_join(threads[i]);
}

static void spin_until(void *arg)
{
    while (!__atomic_load_n((bool *)arg, __ATOMIC_RELAXED) && time_now_ns() < give_up_at) {
    }
}

static void set_flag(void *arg)
{
    __atomic_store_n((bool *)arg, true, __ATOMIC_RELAXED);
}

KTEST(thread_spinning_does_not_starve_others)
{
    struct thread_attr attr = {.affinity = BIT(0)};
    struct thread *spinner, *other;
    bool flag = false;

    if (!policy_preempts())
        KTEST_SKIP("fifo does not preempt");
    give_up_at = time_deadline_ns(PATIENCE_NS);
    spinner = thread_create(spin_until, &flag, "spinner", &attr);
    other = thread_create(set_flag, &flag, "other", &attr);
    KTEST_REQUIRE(spinner && other);
    thread_join(spinner);
    thread_join(other);
    KTEST_EXPECT(time_now_ns() < give_up_at);
}

struct share {
    uint64_t run_ns;
    uint64_t until_ns;
};

static void use_up(void *arg)
{
    struct share *s = arg;

    while (time_now_ns() < s->until_ns) {
    }
    s->run_ns = thread_run_ns(thread_current());
}

/* Two threads on one CPU for 400 ms; adds up what each has run. */
static bool share_a_cpu(uint64_t *run_ns)
{
    struct share shares[2];
    struct thread *threads[2];

    for (int i = 0; i < 2; i++) {
        struct thread_attr attr = {.affinity = BIT(cpu_count() - 1), .nice = i * 5};

        shares[i] = (struct share){.until_ns = time_deadline_ns(400 * NS_PER_MSEC)};
        threads[i] = thread_create(use_up, &shares[i], "share", &attr);
        if (!KTEST_EXPECT(threads[i] != NULL))
            return false;
    }
    for (int i = 0; i < 2; i++) {
        thread_join(threads[i]);
        run_ns[i] += shares[i].run_ns;
    }
    return true;
}

/*
 * The weights say 1024 : 335, or 3.06. A busy host makes slices uneven: the longer they run, the
 * less that counts.
 */
KTEST(thread_shares_by_nice)
{
    uint64_t run_ns[2] = {0};
    bool is_fair = false;

    if (strcmp(SCHED_POLICY_NAME, "cfs") != 0)
        KTEST_SKIP("only cfs has weights");
    for (int round = 0; round < 25 && !is_fair && share_a_cpu(run_ns); round++)
        is_fair = run_ns[0] > run_ns[1] * 2 && run_ns[0] < run_ns[1] * 5;
    KTEST_EXPECT(is_fair);
}

/* Two threads hand a turn to and fro: a lost wake-up would hang it. */
struct turns {
    struct thread *players[2];
    uint32_t turn;
    uint32_t nr_left;
};

struct player {
    struct turns *turns;
    uint32_t me;
};

static void play(void *arg)
{
    struct player *p = arg;
    struct turns *t = p->turns;

    while (!__atomic_load_n(&t->players[!p->me], __ATOMIC_ACQUIRE) ||
           !__atomic_load_n(&t->players[p->me], __ATOMIC_ACQUIRE))
        thread_yield();
    while (__atomic_load_n(&t->nr_left, __ATOMIC_RELAXED)) {
        for (;;) {
            thread_block_prepare(THREAD_BLOCKED);
            if (__atomic_load_n(&t->turn, __ATOMIC_ACQUIRE) == p->me)
                break;
            thread_block();
        }
        thread_block_cancel();
        if (t->nr_left)
            t->nr_left--;
        __atomic_store_n(&t->turn, !p->me, __ATOMIC_RELEASE);
        thread_wake(t->players[!p->me]);
    }
}

KTEST(thread_wake_sleep_race_storm)
{
    enum { PAIRS = 4 };
    static struct turns turns[PAIRS];
    static struct player players[PAIRS][2];
    struct thread *threads[PAIRS][2];

    for (int i = 0; i < PAIRS; i++) {
        turns[i] = (struct turns){.nr_left = 1000};
        for (uint32_t k = 0; k < 2; k++) {
            players[i][k] = (struct player){&turns[i], k};
            threads[i][k] = thread_create(play, &players[i][k], "player", NULL);
            KTEST_REQUIRE(threads[i][k] != NULL);
            __atomic_store_n(&turns[i].players[k], threads[i][k], __ATOMIC_RELEASE);
        }
    }
    for (int i = 0; i < PAIRS; i++) {
        thread_join(threads[i][0]);
        thread_join(threads[i][1]);
        KTEST_EXPECT_EQ(turns[i].nr_left, 0);
    }
}

KTEST(thread_sleep_is_never_short)
{
    static const uint64_t durations[] = {0, 1, 999, 10000, 123456, 1000000, 5000000, 20000000};

    for (size_t i = 0; i < ARRAY_SIZE(durations); i++) {
        uint64_t start = time_now_ns();
        uint64_t slept;

        thread_sleep_ns(durations[i]);
        slept = time_now_ns() - start;
        KTEST_EXPECT(slept >= durations[i]);
        KTEST_EXPECT(slept < durations[i] + PATIENCE_NS);
    }
}

/* Work bits reach a thread on another CPU, and interrupt interruptible sleeps only. */
static void sleep_interruptibly(void *arg)
{
    uint32_t *result = arg;

    while (!thread_is_interrupted()) {
        thread_block_prepare(THREAD_INTERRUPTIBLE);
        if (thread_is_interrupted())
            break;
        thread_block();
    }
    thread_block_cancel();
    *result = thread_work();
    thread_work_clear(THREAD_WORK_SIGNAL);
}

KTEST(thread_interrupt_ends_a_sleep)
{
    for (int i = 0; i < 200; i++) {
        uint32_t result = 0;
        struct thread *t = thread_create(sleep_interruptibly, &result, "sleeper", NULL);

        KTEST_REQUIRE(t != NULL);
        if (i % 2)
            thread_yield();
        thread_kick(t);
        thread_interrupt(t);
        thread_join(t);
        KTEST_EXPECT_EQ(result, THREAD_WORK_SIGNAL | THREAD_WORK_KICK);
    }
}

static void count_one(struct thread *t, void *ctx)
{
    (*(uint32_t *)ctx)++;
}

KTEST(thread_list_knows_everybody)
{
    uint32_t before = 0, during = 0, after = 0;
    bool flag = false;
    struct thread *t;

    /* Detached ones of other tests may still be on their way out. */
    for (int i = 0; i < 1000 && (before != after || before == 0); i++) {
        before = after = 0;
        thread_for_each(count_one, &before);
        thread_sleep_ns(10 * NS_PER_MSEC);
        thread_for_each(count_one, &after);
    }
    after = 0;
    give_up_at = time_deadline_ns(PATIENCE_NS);
    t = thread_create(set_flag, &flag, "x", NULL);
    KTEST_REQUIRE(t != NULL);
    thread_for_each(count_one, &during);
    thread_join(t);
    thread_for_each(count_one, &after);
    KTEST_EXPECT_EQ(during, before + 1);
    KTEST_EXPECT_EQ(after, before);
    KTEST_EXPECT(before >= 1 + cpu_count());
}

/* An idle CPU takes the interrupt that ends the sleep; one that ticked would take twenty and
 * more. */
static bool sleep_without_ticks(void)
{
    struct thread_cpu_stats before, after;
    uint64_t nr_interrupts[NR_CPUS_MAX], nr_all = 0;

    thread_cpu_stats(0, &before);
    for_each_cpu(cpu)
        nr_interrupts[cpu] = time_nr_interrupts(cpu);
    thread_sleep_ns(200 * NS_PER_MSEC);
    for_each_cpu(cpu)
        nr_all += time_nr_interrupts(cpu) - nr_interrupts[cpu];
    thread_cpu_stats(0, &after);
    KTEST_EXPECT(nr_all >= 1);
    if (cpu_count() == 1)
        KTEST_EXPECT(after.idle_ns > before.idle_ns);
    return after.nr_switches - before.nr_switches < 10 && nr_all < 10;
}

KTEST(thread_idle_is_tickless)
{
    bool is_tickless = false;

    for (int i = 0; i < 10 && !is_tickless; i++) /* what other tests began may still end */
        is_tickless = sleep_without_ticks();
    KTEST_EXPECT(is_tickless);
}
