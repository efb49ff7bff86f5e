/*
 * The cost of threads, in instructions: a switch by yielding, waking and sleeping, birth and death,
 * locks. Figures are named for the policy that was built in where it matters.
 */
#include <app/app.h>
#include <arch/cpu.h>
#include <console/console.h>
#include <lock/spinlock.h>
#include <printf/printf.h>
#include <sched/sched.h>
#include <string/string.h>
#include <sync/mutex.h>
#include <sync/semaphore.h>
#include <thread/thread.h>

#define NR_ROUNDS 10000

static void report(const char *name, uint64_t total, uint64_t nr)
{
    char line[100];
    uint64_t hundredths = total * 100 / nr;

    snprintf(line, sizeof(line), "BENCH %s %lu.%02lu instructions\n", name,
             (unsigned long)(hundredths / 100), (unsigned long)(hundredths % 100));
    console_write(line, strlen(line));
}

#define MAX_THREADS 1000

static bool is_over;
static uint64_t yield_cost;
static uint64_t nr_yields; /* by all */

static void yield_along(void *arg)
{
    while (!is_over) {
        thread_yield();
        nr_yields++;
    }
}

static void yield_and_measure(void *arg)
{
    uint64_t start, nr;

    for (int i = 0; i < 100; i++)
        thread_yield(); /* all are there, and even */
    nr = nr_yields;
    start = arch_instret();
    for (int i = 0; i < 100 || nr_yields - nr < NR_ROUNDS; i++) {
        thread_yield();
        nr_yields++;
    }
    yield_cost = (arch_instret() - start) * 100 / (nr_yields - nr);
    is_over = true;
}

/* A switch, the loop around it included, while so many threads take turns. */
static void bench_yield(unsigned nr_threads, const char *name)
{
    static struct thread *threads[MAX_THREADS];
    struct thread_attr attr = {.stack_size = KIB(4)};
    unsigned nr = 0;

    is_over = false;
    yield_cost = 0;
    for (; nr < nr_threads; nr++) {
        threads[nr] = thread_create(nr + 1 < nr_threads ? yield_along : yield_and_measure, NULL,
                                    "yield", &attr);
        if (!threads[nr]) {
            is_over = true;
            break;
        }
    }
    while (nr > 0)
        thread_join(threads[--nr]);
    report(name, yield_cost, 100);
}

static void yield_partner(void *arg)
{
    while (!is_over)
        thread_yield();
}

static void yield_in_a_pair(void *arg)
{
    for (int i = 0; i < 100; i++)
        thread_yield(); /* both are there, and even */
    uint64_t start = arch_instret();

    for (int i = 0; i < NR_ROUNDS; i++)
        thread_yield();
    yield_cost = arch_instret() - start;
    is_over = true;
}

static void bench_yield_pair(void)
{
    struct thread *a = thread_create(yield_partner, NULL, "a", NULL);
    struct thread *b = thread_create(yield_in_a_pair, NULL, "b", NULL);

    if (!a || !b)
        return;
    thread_join(b);
    thread_join(a);
    report("thread.switch." SCHED_POLICY_NAME, yield_cost, 2 * NR_ROUNDS);
}

static struct semaphore ping, pong;

static void answer(void *arg)
{
    for (int i = 0; i < NR_ROUNDS; i++) {
        sem_down(&ping);
        sem_up(&pong);
    }
}

static void bench_ping_pong(void)
{
    uint64_t start;
    struct thread *t;

    sem_init(&ping, 0);
    sem_init(&pong, 0);
    t = thread_create(answer, NULL, "answer", NULL);
    if (!t)
        return;
    start = arch_instret();
    for (int i = 0; i < NR_ROUNDS; i++) {
        sem_up(&ping);
        sem_down(&pong);
    }
    report("thread.wake_and_sleep." SCHED_POLICY_NAME, arch_instret() - start, 2 * NR_ROUNDS);
    thread_join(t);
}

static void nothing(void *arg)
{
}

static void bench_create_join(void)
{
    uint64_t start = 0;

    for (int i = -10; i < 1000; i++) {
        struct thread *t;

        if (i == 0)
            start = arch_instret();
        t = thread_create(nothing, NULL, "brief", NULL);
        if (!t)
            return;
        thread_join(t);
    }
    report("thread.create_join." SCHED_POLICY_NAME, arch_instret() - start, 1000);
}

/* Instructions of body, without those of the loop around it. */
#define MEASURE(body)                                                                              \
    ({                                                                                             \
        uint64_t start_ = arch_instret(), end_, empty_;                                            \
        for (int i_ = 0; i_ < NR_ROUNDS; i_++) {                                                   \
            body;                                                                                  \
            compiler_barrier();                                                                    \
        }                                                                                          \
        end_ = arch_instret();                                                                     \
        for (int i_ = 0; i_ < NR_ROUNDS; i_++)                                                     \
            compiler_barrier();                                                                    \
        empty_ = arch_instret() - end_;                                                            \
        end_ - start_ - empty_;                                                                    \
    })

static void bench_locks(void)
{
    static struct spinlock spinlock = SPINLOCK_INIT("bench");
    static struct mutex mutex = MUTEX_INIT(mutex);
    unsigned long flags;
    struct timer timer;

    report("lock.spin_pair", MEASURE(spin_lock(&spinlock); spin_unlock(&spinlock)), NR_ROUNDS);
    report("lock.spin_irqsave_pair",
           MEASURE(flags = spin_lock_irqsave(&spinlock); spin_unlock_irqrestore(&spinlock, flags)),
           NR_ROUNDS);
    report("lock.mutex_pair", MEASURE(mutex_lock(&mutex); mutex_unlock(&mutex)), NR_ROUNDS);
    timer_init(&timer, NULL);
    report("timer.arm_cancel",
           MEASURE(timer_arm_ticks(&timer, UINT64_MAX - 1); timer_cancel(&timer)), NR_ROUNDS);
    report("time.now_ns", MEASURE((void)time_now_ns()), NR_ROUNDS);
}

int app_main(void)
{
    bench_yield_pair();
    bench_yield(10, "thread.switch_of_10." SCHED_POLICY_NAME);
    bench_yield(1000, "thread.switch_of_1000." SCHED_POLICY_NAME);
    bench_ping_pong();
    bench_create_join();
    bench_locks();
    return 0;
}
