/*
 * core/sync on the machine: exclusion, hand-over, time limits and interruptions, under as many
 * threads and CPUs as there are. One file: every kind of lock under the same threads.
 */
#include <base/errno.h>
#include <ktest/ktest.h>
#include <sync/condvar.h>
#include <sync/mutex.h>
#include <sync/rwlock.h>
#include <sync/semaphore.h>
#include <sync/waitqueue.h>
#include <thread/thread.h>

#define NR_THREADS 8

static struct thread *threads[NR_THREADS];

/* Runs fn(arg) in NR_THREADS threads and waits for them. */
static bool run_all(thread_fn fn, void *arg)
{
    bool is_ok = true;

    for (int i = 0; i < NR_THREADS; i++)
        threads[i] = thread_create(fn, arg, "sync", NULL);
    for (int i = 0; i < NR_THREADS; i++) {
        is_ok &= threads[i] != NULL;
        if (threads[i])
            thread_join(threads[i]);
    }
    return KTEST_EXPECT(is_ok);
}

static void pause_now_and_then(unsigned i)
{
    if (i % 64 == 0)
        thread_sleep_ns(5 * NS_PER_USEC);
    else if (i % 8 == 0)
        thread_yield();
}

#define NR_COUNTS 500

static struct spinlock spinlock = SPINLOCK_INIT("test");
static volatile uint64_t spin_counter;

static void count_under_spinlock(void *arg)
{
    for (unsigned i = 0; i < 4 * NR_COUNTS; i++) {
        unsigned long flags = 0;

        if (i % 3 == 0)
            flags = spin_lock_irqsave(&spinlock);
        else if (i % 3 == 1)
            spin_lock(&spinlock);
        else
            while (!spin_trylock(&spinlock))
                thread_yield();
        spin_counter = spin_counter + 1;
        if (i % 3 == 0)
            spin_unlock_irqrestore(&spinlock, flags);
        else
            spin_unlock(&spinlock);
    }
}

KTEST(spinlock_counts)
{
    spin_counter = 0;
    run_all(count_under_spinlock, NULL);
    KTEST_EXPECT_EQ(spin_counter, NR_THREADS * 4 * NR_COUNTS);
    KTEST_EXPECT(!spin_is_locked(&spinlock));
    KTEST_EXPECT_EQ(spinlock.word, 0); /* nobody waits */
}

static struct mutex mutex;
static volatile uint64_t plain_counter;

static void count_under_mutex(void *arg)
{
    for (unsigned i = 0; i < NR_COUNTS; i++) {
        uint64_t seen;

        if (i % 10 == 0)
            while (!mutex_trylock(&mutex))
                thread_yield();
        else
            mutex_lock(&mutex);
        seen = plain_counter;
        pause_now_and_then(i);
        plain_counter = seen + 1;
        mutex_unlock(&mutex);
    }
}

static void mutex_make(void)
{
    mutex_init(&mutex);
    LOCK_GIVEN(&mutex, "made for all: it is to be taken");
}

KTEST(mutex_excludes)
{
    mutex_make();
    plain_counter = 0;
    run_all(count_under_mutex, NULL);
    KTEST_EXPECT_EQ(plain_counter, NR_THREADS * NR_COUNTS);
    KTEST_EXPECT(!mutex_is_locked(&mutex));
}

/* Somebody who takes it again and again without pause does not keep others out for ever. */
static bool is_hog_over;

static void hog(void *arg)
{
    while (!READ_ONCE(is_hog_over)) {
        mutex_lock(&mutex);
        for (int i = 0; i < 1000; i++)
            compiler_barrier();
        mutex_unlock(&mutex);
        thread_yield(); /* under fifo nobody else would run on this CPU */
    }
}

KTEST(mutex_does_not_starve)
{
    struct thread *t;

    mutex_make();
    is_hog_over = false;
    t = thread_create(hog, NULL, "hog", NULL);
    KTEST_REQUIRE(t != NULL);
    for (int i = 0; i < 200; i++) {
        mutex_lock(&mutex);
        mutex_unlock(&mutex);
    }
    WRITE_ONCE(is_hog_over, true);
    thread_join(t);
}

static void lock_interruptibly(void *arg)
{
    *(int *)arg = mutex_lock_interruptible(&mutex);
}

KTEST(mutex_wait_can_be_interrupted)
{
    int result = 1;
    struct thread *t;
    bool is_free;

    mutex_make();
    mutex_lock(&mutex);
    t = thread_create(lock_interruptibly, &result, "waiter", NULL);
    if (t != NULL) {
        thread_sleep_ns(NS_PER_MSEC);
        thread_interrupt(t);
        thread_join(t);
    }
    mutex_unlock(&mutex);
    KTEST_EXPECT_EQ(result, -EINTR);
    is_free = mutex_trylock(&mutex);
    KTEST_EXPECT(is_free);
    if (is_free)
        mutex_unlock(&mutex);
}

/* A bounded buffer, by semaphores and by condition variables. */
#define BUFFER_SIZE 7
#define NR_ITEMS    400 /* per producer */

static struct {
    uint64_t items[BUFFER_SIZE];
    unsigned head, nr;
    struct mutex lock;
    struct semaphore nr_free, nr_full;
    struct condvar has_room, has_items;
    uint64_t sum;  /* [a] of what was consumed */
    uint32_t role; /* [a] */
} buffer;

static void buffer_init(void)
{
    buffer.head = 0;
    buffer.nr = 0;
    buffer.sum = 0;
    buffer.role = 0;
    mutex_init(&buffer.lock);
    sem_init(&buffer.nr_free, BUFFER_SIZE);
    sem_init(&buffer.nr_full, 0);
    cond_init(&buffer.has_room);
    cond_init(&buffer.has_items);
}

static void put_item(uint64_t item)
{
    KTEST_EXPECT(buffer.nr < BUFFER_SIZE);
    buffer.items[(buffer.head + buffer.nr++) % BUFFER_SIZE] = item;
}

static uint64_t take_item(void)
{
    uint64_t item = buffer.items[buffer.head];

    KTEST_EXPECT(buffer.nr > 0);
    buffer.head = (buffer.head + 1) % BUFFER_SIZE;
    buffer.nr--;
    return item;
}

static void by_semaphore(void *arg)
{
    bool is_producer = __atomic_fetch_add(&buffer.role, 1, __ATOMIC_RELAXED) % 2;

    for (uint64_t i = 1; i <= NR_ITEMS; i++) {
        sem_down(is_producer ? &buffer.nr_free : &buffer.nr_full);
        mutex_lock(&buffer.lock);
        if (is_producer)
            put_item(i);
        else
            buffer.sum += take_item();
        mutex_unlock(&buffer.lock);
        sem_up(is_producer ? &buffer.nr_full : &buffer.nr_free);
    }
}

static void by_condvar(void *arg)
{
    bool is_producer = __atomic_fetch_add(&buffer.role, 1, __ATOMIC_RELAXED) % 2;

    for (uint64_t i = 1; i <= NR_ITEMS; i++) {
        mutex_lock(&buffer.lock);
        if (is_producer) {
            while (buffer.nr == BUFFER_SIZE)
                cond_wait(&buffer.has_room, &buffer.lock);
            put_item(i);
            cond_signal(&buffer.has_items);
        } else {
            while (buffer.nr == 0)
                if (i % 2)
                    cond_wait(&buffer.has_items, &buffer.lock);
                else
                    cond_wait_until(&buffer.has_items, &buffer.lock, time_deadline_ns(NS_PER_MSEC));
            buffer.sum += take_item();
            if (i % 3)
                cond_signal(&buffer.has_room);
            else
                cond_broadcast(&buffer.has_room);
        }
        mutex_unlock(&buffer.lock);
    }
}

#define EXPECTED_SUM ((uint64_t)NR_THREADS / 2 * NR_ITEMS * (NR_ITEMS + 1) / 2)

KTEST(semaphore_producer_consumer)
{
    buffer_init();
    run_all(by_semaphore, NULL);
    KTEST_EXPECT_EQ(buffer.sum, EXPECTED_SUM);
    KTEST_EXPECT_EQ(buffer.nr, 0);
}

KTEST(condvar_producer_consumer)
{
    buffer_init();
    run_all(by_condvar, NULL);
    KTEST_EXPECT_EQ(buffer.sum, EXPECTED_SUM);
    KTEST_EXPECT_EQ(buffer.nr, 0);
}

/* Units are neither lost nor made when waits time out at the moment they are granted. */
static struct semaphore sem;
static uint32_t nr_taken; /* [a] */

static void take_in_time(void *arg)
{
    for (unsigned i = 0; i < 300; i++) {
        if (sem_down_until(&sem, time_deadline_ns(i * 977 % 20000)) == 0)
            __atomic_fetch_add(&nr_taken, 1, __ATOMIC_RELAXED);
        if (i % 2) {
            sem_up(&sem);
            __atomic_fetch_sub(&nr_taken, 1, __ATOMIC_RELAXED);
        }
    }
}

KTEST(semaphore_time_limits_conserve_units)
{
    uint32_t nr_left = 0;

    sem_init(&sem, 5);
    nr_taken = 0;
    run_all(take_in_time, NULL);
    while (sem_trydown(&sem))
        nr_left++;
    KTEST_EXPECT_EQ(nr_left + nr_taken, 5);
}

KTEST(semaphore_times_out)
{
    uint64_t start = time_now_ns();

    sem_init(&sem, 1);
    KTEST_EXPECT_EQ(sem_down_until(&sem, time_deadline_ns(NS_PER_SEC)), 0);
    KTEST_EXPECT_EQ(sem_down_until(&sem, time_deadline_ns(NS_PER_MSEC)), -ETIMEDOUT);
    KTEST_EXPECT(time_now_ns() - start >= NS_PER_MSEC);
    sem_up(&sem);
    KTEST_EXPECT(sem_trydown(&sem));
}

static struct {
    struct rwlock lock;
    uint32_t nr_readers, nr_writers; /* [a] inside */
    uint32_t nr_violations;          /* [a] */
    uint32_t most_readers;
    volatile uint64_t a, b; /* always equal for a reader */
} shared;

static void check_inside(bool is_writer)
{
    uint32_t readers = __atomic_load_n(&shared.nr_readers, __ATOMIC_SEQ_CST);
    uint32_t writers = __atomic_load_n(&shared.nr_writers, __ATOMIC_SEQ_CST);

    if (is_writer ? readers != 0 || writers != 1 : readers == 0 || writers != 0)
        __atomic_fetch_add(&shared.nr_violations, 1, __ATOMIC_RELAXED);
    if (readers > READ_ONCE(shared.most_readers))
        WRITE_ONCE(shared.most_readers, readers);
}

static void read_inside(unsigned i)
{
    __atomic_fetch_add(&shared.nr_readers, 1, __ATOMIC_SEQ_CST);
    check_inside(false);
    pause_now_and_then(i);
    if (shared.a != shared.b)
        __atomic_fetch_add(&shared.nr_violations, 1, __ATOMIC_RELAXED);
    __atomic_fetch_sub(&shared.nr_readers, 1, __ATOMIC_SEQ_CST);
}

static void read_and_write(void *arg)
{
    for (unsigned i = 1; i <= 300; i++) {
        if (i % 5 == 0) {
            rwlock_write_lock(&shared.lock);
            __atomic_fetch_add(&shared.nr_writers, 1, __ATOMIC_SEQ_CST);
            check_inside(true);
            shared.a = shared.a + 1;
            pause_now_and_then(i / 5);
            shared.b = shared.b + 1;
            __atomic_fetch_sub(&shared.nr_writers, 1, __ATOMIC_SEQ_CST);
            if (i % 10 == 0) {
                rwlock_downgrade(&shared.lock);
                read_inside(i);
                rwlock_read_unlock(&shared.lock);
            } else {
                rwlock_write_unlock(&shared.lock);
            }
        } else {
            rwlock_read_lock(&shared.lock);
            read_inside(i);
            rwlock_read_unlock(&shared.lock);
        }
    }
}

static void expect_tries(struct rwlock *rwlock) NO_LOCK_CHECK("tries what it must not get")
{
    KTEST_EXPECT(rwlock_write_trylock(rwlock));
    KTEST_EXPECT(!rwlock_read_trylock(rwlock));
    rwlock_write_unlock(rwlock);
    KTEST_EXPECT(rwlock_read_trylock(rwlock));
    KTEST_EXPECT(rwlock_read_trylock(rwlock));
    KTEST_EXPECT(!rwlock_write_trylock(rwlock));
    rwlock_read_unlock(rwlock);
    rwlock_read_unlock(rwlock);
}

KTEST(rwlock_excludes_and_shares)
{
    rwlock_init(&shared.lock);
    shared.nr_violations = 0;
    shared.most_readers = 0;
    shared.a = 0;
    shared.b = 0;
    run_all(read_and_write, NULL);
    KTEST_EXPECT_EQ(shared.nr_violations, 0);
    KTEST_EXPECT_EQ(shared.a, NR_THREADS * 60);
    KTEST_EXPECT(shared.most_readers > 1);
    expect_tries(&shared.lock);
}

static struct wait_queue queue = WAIT_QUEUE_INIT(queue);
#define NR_ROUNDS 100

static uint32_t generation; /* [a] */
static uint32_t nr_arrived; /* [a] */

static void follow_generations(void *arg)
{
    for (uint32_t i = 1; i <= NR_ROUNDS; i++) {
        wait_event(&queue, __atomic_load_n(&generation, __ATOMIC_ACQUIRE) >= i);
        __atomic_fetch_add(&nr_arrived, 1, __ATOMIC_RELEASE);
    }
}

static void lead_generations(void *arg)
{
    for (uint32_t i = 1; i <= NR_ROUNDS; i++) {
        __atomic_store_n(&generation, i, __ATOMIC_RELEASE);
        wait_wake_all(&queue);
        while (__atomic_load_n(&nr_arrived, __ATOMIC_ACQUIRE) < i * NR_THREADS)
            thread_sleep_ns(20 * NS_PER_USEC);
    }
}

KTEST(waitqueue_wakes_everybody)
{
    struct thread *leader;

    generation = 0;
    nr_arrived = 0;
    leader = thread_create(lead_generations, NULL, "leader", NULL);
    KTEST_REQUIRE(leader != NULL);
    run_all(follow_generations, NULL);
    thread_join(leader);
    KTEST_EXPECT_EQ(nr_arrived, NR_ROUNDS * NR_THREADS);
    KTEST_EXPECT(!wait_queue_is_active(&queue));
}

static uint32_t nr_tokens; /* [a] */

static bool take_token(void)
{
    uint32_t n = __atomic_load_n(&nr_tokens, __ATOMIC_RELAXED);

    while (n > 0)
        if (__atomic_compare_exchange_n(&nr_tokens, &n, n - 1, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_RELAXED))
            return true;
    return false;
}

static void take_tokens(void *arg)
{
    for (int i = 0; i < NR_ROUNDS; i++) {
        wait_event_exclusive(&queue, take_token());
        __atomic_fetch_add(&nr_arrived, 1, __ATOMIC_RELEASE);
    }
}

static void give_tokens(void *arg)
{
    for (int i = 0; i < NR_ROUNDS * NR_THREADS; i++) {
        __atomic_fetch_add(&nr_tokens, 1, __ATOMIC_RELEASE);
        wait_wake_one(&queue);
        pause_now_and_then((unsigned)i);
    }
}

KTEST(waitqueue_wakes_one_for_each)
{
    struct thread *giver;

    nr_tokens = 0;
    nr_arrived = 0;
    giver = thread_create(give_tokens, NULL, "giver", NULL);
    KTEST_REQUIRE(giver != NULL);
    run_all(take_tokens, NULL);
    thread_join(giver);
    KTEST_EXPECT_EQ(nr_arrived, NR_ROUNDS * NR_THREADS);
    KTEST_EXPECT_EQ(nr_tokens, 0);
}

KTEST(waitqueue_limits)
{
    uint64_t start = time_now_ns();
    bool is_true = true;

    KTEST_EXPECT_EQ(wait_event_timeout(&queue, false, 2 * NS_PER_MSEC), -ETIMEDOUT);
    KTEST_EXPECT(time_now_ns() - start >= 2 * NS_PER_MSEC);
    KTEST_EXPECT_EQ(wait_event_timeout(&queue, is_true, 0), 0);
    __atomic_fetch_or(&thread_current()->arch.user_work, THREAD_WORK_SIGNAL, __ATOMIC_RELAXED);
    KTEST_EXPECT_EQ(wait_event_interruptible(&queue, false), -EINTR);
    KTEST_EXPECT_EQ(wait_event_interruptible(&queue, is_true), 0);
    KTEST_EXPECT_EQ(wait_event_timeout(&queue, false, NS_PER_MSEC), -ETIMEDOUT);
    thread_work_clear(THREAD_WORK_SIGNAL);
}

static uint32_t last_key;

static bool note_key(struct wait_entry *entry, uint32_t key)
{
    last_key = key;
    return false;
}

KTEST(waitqueue_calls_back)
{
    struct wait_entry entry;

    wait_entry_init_fn(&entry, note_key);
    wait_add(&queue, &entry);
    wait_wake(&queue, 1, 77);
    KTEST_EXPECT_EQ(last_key, 77);
    wait_wake(&queue, 1, 78);
    KTEST_EXPECT_EQ(last_key, 78);
    wait_remove(&queue, &entry);
    wait_wake(&queue, 1, 79);
    KTEST_EXPECT_EQ(last_key, 78);
}

/* A condition under a spinlock. */
static struct spinlock slot_lock = SPINLOCK_INIT("test slot");
static uint64_t slot, slot_sum;

#define NR_PASSES                                                                                  \
    50 /* every one wakes all: slow when there are more harts than the host has cores */

static void pass_through_slot(void *arg)
{
    bool is_producer = __atomic_fetch_add(&buffer.role, 1, __ATOMIC_RELAXED) % 2;

    for (uint64_t i = 1; i <= NR_PASSES; i++) {
        spin_lock(&slot_lock);
        wait_event_locked(&queue, is_producer ? slot == 0 : slot != 0, &slot_lock);
        if (is_producer) {
            slot = i;
        } else {
            slot_sum += slot;
            slot = 0;
        }
        wait_wake_all(&queue);
        spin_unlock(&slot_lock);
    }
}

KTEST(waitqueue_with_a_spinlock)
{
    slot = 0;
    slot_sum = 0;
    buffer.role = 0;
    run_all(pass_through_slot, NULL);
    KTEST_EXPECT_EQ(slot_sum, (uint64_t)NR_THREADS / 2 * NR_PASSES * (NR_PASSES + 1) / 2);
}
