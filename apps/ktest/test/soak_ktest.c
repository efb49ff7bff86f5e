/*
 * The soak: threads that come and go, sleep, wake and fight for locks, timers, work items, faults
 * with fix-ups, and memory traffic, all at once on every CPU, for a bounded time. At the end
 * nothing is lost: every thread has ended, every count adds up, and as many frames are free as
 * before.
 *
 * soak=SECONDS on the command line makes it longer than the usual two.
 */
#include <base/errno.h>
#include <bootargs/bootargs.h>
#include <frame/frame.h>
#include <heap/heap.h>
#include <ktest/ktest.h>
#include <string/string.h>
#include <sync/condvar.h>
#include <sync/mutex.h>
#include <sync/semaphore.h>
#include <thread/thread.h>
#include <time/time.h>
#include <work/work.h>

#define NR_WORKERS  8
#define PATIENCE_NS (60 * NS_PER_SEC)

static uint64_t duration_ns = 2 * NS_PER_SEC;
static uint64_t end_ns;

static struct mutex lock = MUTEX_INIT(lock);
static uint64_t under_lock; /* [lock] */
static uint64_t nr_locked;  /* [a] must equal under_lock */
static struct semaphore tokens = SEMAPHORE_INIT(tokens, 3);
static uint32_t nr_with_token;                          /* [a] */
static uint32_t nr_violations;                          /* [a] */
static uint32_t nr_faults, nr_work, nr_timers, nr_born; /* [a] */

static int set_duration(const char *value)
{
    uint64_t seconds = 0;

    while (value && *value >= '0' && *value <= '9')
        seconds = seconds * 10 + (uint64_t)(*value++ - '0');
    if (!value || *value || !seconds || seconds > 86400)
        return -EINVAL;
    duration_ns = seconds * NS_PER_SEC;
    return 0;
}
BOOTARG("soak", set_duration);

static void count(uint32_t *counter)
{
    __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

/* A load that faults and is fixed up: the way of every wild pointer of a program. */
static bool load_faults(uintptr_t addr)
{
    long has_loaded = 0;
    uint64_t value;

    __asm__ volatile("1: ld %1, 0(%2)\n\t"
                     "li %0, 1\n"
                     "2:\n\t"
                     ".pushsection ex_table, \"a\"\n\t"
                     ".balign 4\n\t"
                     ".word 1b - ., 2b - .\n\t"
                     ".popsection"
                     : "+r"(has_loaded), "=&r"(value)
                     : "r"(addr)
                     : "memory");
    return !has_loaded;
}

static void be_born_and_die(void *arg)
{
    count(arg);
}

struct errand {
    struct work work;
    struct timer timer;
    struct semaphore done;
};

static void errand_due(struct timer *timer)
{
    count(&nr_timers);
    work_submit(&container_of(timer, struct errand, timer)->work);
}

static void errand_run(struct work *work)
{
    count(&nr_work);
    sem_up(&container_of(work, struct errand, work)->done);
}

/* A timer that submits work that wakes us. */
static void run_errand(uint64_t random)
{
    struct errand errand;

    timer_init(&errand.timer, errand_due);
    work_init(&errand.work, errand_run);
    sem_init(&errand.done, 0);
    timer_arm_after(&errand.timer, random % 50000);
    sem_down(&errand.done);
    timer_cancel_sync(&errand.timer); /* its function may still be on its way out */
    work_cancel_sync(&errand.work);
}

static void use_lock(uint64_t random)
{
    mutex_lock(&lock);
    under_lock++;
    if (random % 16 == 0)
        thread_sleep_ns(random % 3000);
    mutex_unlock(&lock);
    __atomic_fetch_add(&nr_locked, 1, __ATOMIC_RELAXED);
}

static void use_token(uint64_t random)
{
    if (sem_down_until(&tokens, time_deadline_ns(random % 20000)) != 0)
        return;
    if (__atomic_add_fetch(&nr_with_token, 1, __ATOMIC_SEQ_CST) > 3)
        count(&nr_violations);
    thread_yield();
    __atomic_fetch_sub(&nr_with_token, 1, __ATOMIC_SEQ_CST);
    sem_up(&tokens);
}

static void use_memory(uint64_t random)
{
    size_t size = 1 + random % 6000;
    uint8_t *p = heap_alloc(size);

    if (p) {
        memset(p, (int)random, size);
        if (random % 4 == 0)
            thread_yield();
        if (p[0] != (uint8_t)random || p[size - 1] != (uint8_t)random)
            count(&nr_violations);
        heap_free(p);
    }
}

static void spawn(uint64_t random)
{
    struct thread *t = thread_create(be_born_and_die, &nr_born, "brief", NULL);

    if (t && random % 2)
        thread_join(t);
    else if (t)
        thread_detach(t);
}

/* On a busy host that may take longer than all is to last. */
static bool has_all_kinds(void)
{
    return READ_ONCE(nr_faults) > 0 && READ_ONCE(nr_work) > 0 && READ_ONCE(nr_timers) > 0 &&
           READ_ONCE(nr_born) > 0;
}

static void soak(void *arg)
{
    uint64_t random = 0x9e3779b97f4a7c15ull * ((uintptr_t)arg + 1);

    while (time_now_ns() < end_ns || (!has_all_kinds() && time_now_ns() < end_ns + PATIENCE_NS)) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        switch (random >> 32 & 7) {
        case 0:
            run_errand(random);
            break;
        case 1:
            use_lock(random);
            break;
        case 2:
            use_token(random);
            break;
        case 3:
            spawn(random);
            break;
        case 4:
            if (!load_faults(random & 0x3ffffffff8ull)) /* the user half, where nothing is */
                count(&nr_violations);
            count(&nr_faults);
            break;
        case 5:
            thread_sleep_ns(random % 20000);
            break;
        default:
            use_memory(random);
        }
    }
}

KTEST(soak_threads_timers_faults)
{
    struct thread *workers[NR_WORKERS];
    struct frame_stats before, after;
    uint32_t nr_tokens;

    heap_shrink();
    frame_stats(&before);
    end_ns = time_deadline_ns(duration_ns);
    for (uintptr_t i = 0; i < NR_WORKERS; i++) {
        workers[i] = thread_create(soak, (void *)i, "soak", NULL);
        KTEST_REQUIRE(workers[i] != NULL);
    }
    for (int i = 0; i < NR_WORKERS; i++)
        thread_join(workers[i]);
    /*
     * Room for per-CPU caches and for stacks kept for reuse; a leak grows with the time.
     */
    for (int i = 0; i < 200; i++) {
        thread_sleep_ns(50 * NS_PER_MSEC); /* the reaper */
        heap_shrink();
        frame_stats(&after);
        if (after.free + 512 > before.free)
            break;
    }
    KTEST_EXPECT(after.free + 512 > before.free);
    nr_tokens = UNLOCKED(tokens.count, "all who took one have ended");
    KTEST_EXPECT_EQ(nr_violations, 0);
    KTEST_EXPECT_EQ(under_lock, nr_locked);
    KTEST_EXPECT_EQ(nr_tokens, 3);
    KTEST_EXPECT_EQ(nr_with_token, 0);
    KTEST_EXPECT(has_all_kinds());
}
