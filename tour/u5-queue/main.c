/*
 * u5: a producer and a consumer that give way to each other of their own will.
 */
#include <app/app.h>
#include <console/console.h>
#include <lock/spinlock.h>
#include <printf/printf.h>
#include <string/string.h>
#include <thread/thread.h>

#define CAPACITY 8
#define NR_ITEMS 64

static struct spinlock lock = SPINLOCK_INIT("u5 queue");
static uint32_t items[CAPACITY] GUARDED_BY(&lock);
static unsigned head GUARDED_BY(&lock);
static unsigned nr_queued GUARDED_BY(&lock);

static unsigned nr_handovers; /* times the producer found the queue full */
static unsigned nr_wrong;     /* items out of order */

static bool put(uint32_t item)
{
    spin_lock(&lock);
    bool has_room = nr_queued < CAPACITY;

    if (has_room)
        items[(head + nr_queued++) % CAPACITY] = item;
    spin_unlock(&lock);
    return has_room;
}

static bool take(uint32_t *item)
{
    spin_lock(&lock);
    bool has_item = nr_queued > 0;

    if (has_item) {
        *item = items[head];
        head = (head + 1) % CAPACITY;
        nr_queued--;
    }
    spin_unlock(&lock);
    return has_item;
}

static void produce(void *arg)
{
    (void)arg;
    for (uint32_t i = 0; i < NR_ITEMS; i++) {
        while (!put(i)) {
            nr_handovers++;
            thread_yield();
        }
    }
}

static void consume(void *arg)
{
    (void)arg;
    for (uint32_t i = 0; i < NR_ITEMS; i++) {
        uint32_t item;

        while (!take(&item))
            thread_yield();
        nr_wrong += item != i;
    }
}

int app_main(void)
{
    char line[100];
    struct thread *producer = thread_create(produce, NULL, "producer", NULL);
    struct thread *consumer = thread_create(consume, NULL, "consumer", NULL);

    if (!producer || !consumer)
        return 1;
    thread_join(producer);
    thread_join(consumer);
    if (nr_wrong != 0)
        return 1;
    snprintf(line, sizeof(line), "u5: ok, %u items in order, the queue was full %u times\n",
             NR_ITEMS, nr_handovers);
    console_write(line, strlen(line));
    return 0;
}
