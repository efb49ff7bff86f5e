/*
 * u6: producers and consumers that never give way by themselves. The timer takes the hart from
 * them.
 */
#include <app/app.h>
#include <console/console.h>
#include <lock/spinlock.h>
#include <percpu/percpu.h>
#include <printf/printf.h>
#include <sched/sched.h>
#include <string/string.h>
#include <thread/thread.h>

#define CAPACITY     8
#define NR_ITEMS     500 /* of each producer */
#define NR_PAIRS     2
#define ITEMS_IN_ALL (NR_PAIRS * NR_ITEMS)

static struct spinlock lock = SPINLOCK_INIT("u6 queue");
static uint32_t items[CAPACITY] GUARDED_BY(&lock);
static unsigned head GUARDED_BY(&lock);
static unsigned nr_queued GUARDED_BY(&lock);
static uint32_t nr_taken GUARDED_BY(&lock);
static uint64_t sum GUARDED_BY(&lock);

static uint64_t nr_preempted; /* [a] */

static bool put(uint32_t item)
{
    spin_lock(&lock);
    bool has_room = nr_queued < CAPACITY;

    if (has_room)
        items[(head + nr_queued++) % CAPACITY] = item;
    spin_unlock(&lock);
    return has_room;
}

/* False when all items have been taken. */
static bool take(void)
{
    spin_lock(&lock);
    if (nr_queued > 0) {
        sum += items[head];
        head = (head + 1) % CAPACITY;
        nr_queued--;
        nr_taken++;
    }
    bool is_over = nr_taken == ITEMS_IN_ALL;

    spin_unlock(&lock);
    return !is_over;
}

/* fifo never takes the hart from anybody: under it, and only under it, one has to be polite. */
static void insist(void)
{
    if (strcmp(SCHED_POLICY_NAME, "fifo") == 0)
        thread_yield();
}

static void note_preemptions(void)
{
    __atomic_fetch_add(&nr_preempted, thread_current()->nr_preempted, __ATOMIC_RELAXED);
}

static void produce(void *arg)
{
    (void)arg;
    for (uint32_t i = 1; i <= NR_ITEMS; i++)
        while (!put(i))
            insist();
    note_preemptions();
}

static void consume(void *arg)
{
    (void)arg;
    while (take())
        insist();
    note_preemptions();
}

int app_main(void)
{
    char line[120];
    struct thread *threads[2 * NR_PAIRS];

    for (unsigned i = 0; i < 2 * NR_PAIRS; i++) {
        threads[i] =
            thread_create(i % 2 ? consume : produce, NULL, i % 2 ? "consumer" : "producer", NULL);
        if (!threads[i])
            return 1;
    }
    for (unsigned i = 0; i < 2 * NR_PAIRS; i++)
        thread_join(threads[i]);
    snprintf(line, sizeof(line), "%s on %u CPUs: %lu preemptions\n", SCHED_POLICY_NAME, cpu_count(),
             (unsigned long)nr_preempted);
    console_write(line, strlen(line));
    if (cpu_count() == 1 && nr_preempted == 0 && strcmp(SCHED_POLICY_NAME, "fifo") != 0)
        return 1; /* impossible: they can only have waited for each other for ever */
    spin_lock(&lock);
    snprintf(line, sizeof(line), "u6: ok, %u items through %u places, sum %lu\n", nr_taken,
             CAPACITY, (unsigned long)sum);
    spin_unlock(&lock);
    console_write(line, strlen(line));
    return 0;
}
