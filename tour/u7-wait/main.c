/*
 * u7: nobody polls. The queue has a mutex; who finds it full or empty sleeps until it has changed.
 */
#include <app/app.h>
#include <console/console.h>
#include <printf/printf.h>
#include <string/string.h>
#include <sync/mutex.h>
#include <sync/waitqueue.h>
#include <thread/thread.h>

#define CAPACITY 4
#define NR_ITEMS 20
#define PAUSE_NS (2 * NS_PER_MSEC)

static struct mutex lock = MUTEX_INIT(lock);
static uint32_t items[CAPACITY] GUARDED_BY(&lock);
static unsigned head GUARDED_BY(&lock);
static unsigned nr_queued; /* [a] written under lock, looked at without it */
static struct wait_queue has_items = WAIT_QUEUE_INIT(has_items);
static struct wait_queue has_room = WAIT_QUEUE_INIT(has_room);

static unsigned nr_looks; /* at the condition, by the consumer */
static unsigned nr_wrong;

static unsigned queued(void)
{
    return __atomic_load_n(&nr_queued, __ATOMIC_ACQUIRE);
}

static void produce(void *arg)
{
    (void)arg;
    for (uint32_t i = 0; i < NR_ITEMS; i++) {
        thread_sleep_ns(PAUSE_NS); /* making an item takes its time */
        wait_event(&has_room, queued() < CAPACITY);
        mutex_lock(&lock);
        items[(head + nr_queued) % CAPACITY] = i;
        __atomic_store_n(&nr_queued, nr_queued + 1, __ATOMIC_RELEASE);
        mutex_unlock(&lock);
        wait_wake_one(&has_items);
    }
}

static void consume(void *arg)
{
    (void)arg;
    for (uint32_t i = 0; i < NR_ITEMS; i++) {
        wait_event(&has_items, (nr_looks++, queued() > 0));
        mutex_lock(&lock);
        nr_wrong += items[head] != i;
        head = (head + 1) % CAPACITY;
        __atomic_store_n(&nr_queued, nr_queued - 1, __ATOMIC_RELEASE);
        mutex_unlock(&lock);
        wait_wake_one(&has_room);
    }
}

int app_main(void)
{
    char line[120];
    uint64_t start = time_now_ns();
    struct thread *consumer = thread_create(consume, NULL, "consumer", NULL);
    struct thread *producer = thread_create(produce, NULL, "producer", NULL);

    if (!producer || !consumer)
        return 1;
    thread_join(producer);
    thread_join(consumer);
    if (nr_wrong != 0 || time_now_ns() - start < NR_ITEMS * PAUSE_NS)
        return 1;
    /*
     * Before the sleep, after its announcement, after the wake-up: never more than three an item.
     */
    if (nr_looks > 3 * NR_ITEMS)
        return 1;
    snprintf(line, sizeof(line), "u7: ok, %u items in order, nobody polled\n", NR_ITEMS);
    console_write(line, strlen(line));
    return 0;
}
