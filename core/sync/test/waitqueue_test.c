/*
 * core/sync on the host, where one thread runs and nobody can sleep: who is woken in which order,
 * what stays queued, and what locks do when nobody contends. Waiting itself is tried on the machine
 * (sync_ktest.c).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <prng/prng.h>
#include <sync/condvar.h>
#include <sync/mutex.h>
#include <sync/rwlock.h>
#include <sync/semaphore.h>
#include <sync/waitqueue.h>

#define NR_ENTRIES 32

static struct wait_entry entries[NR_ENTRIES];
static uint32_t nr_called, last_key;

static bool consume(struct wait_entry *entry, uint32_t key)
{
    (void)entry;
    nr_called++;
    last_key = key;
    return true;
}

static size_t count_queued(struct wait_queue *wq)
{
    return list_count(&wq->waiters);
}

static void test_one_wakes_all_shared_and_one_exclusive(void **state)
{
    struct wait_queue wq;

    (void)state;
    wait_queue_init(&wq);
    assert_false(wait_queue_is_active(&wq));
    for (int i = 0; i < 6; i++) {
        wait_entry_init(&entries[i], i % 2);
        wait_add(&wq, &entries[i]);
        wait_add(&wq, &entries[i]); /* once is enough */
    }
    assert_int_equal(count_queued(&wq), 6);
    assert_int_equal(wait_wake_one(&wq), 4);
    assert_false(list_is_linked(&entries[1].node)); /* the first exclusive one that came */
    assert_true(list_is_linked(&entries[3].node));
    assert_int_equal(wait_wake_one(&wq), 1);
    assert_true(wait_leave(&wq, &entries[5]));
    assert_false(wait_leave(&wq, &entries[5]));
    assert_int_equal(wait_wake_all(&wq), 0);
}

static void test_callbacks_stay_queued(void **state)
{
    struct wait_queue wq;

    (void)state;
    wait_queue_init(&wq);
    nr_called = 0;
    wait_entry_init_fn(&entries[0], consume);
    wait_add(&wq, &entries[0]);
    assert_int_equal(wait_wake(&wq, 1, 5), 1);
    assert_int_equal(wait_wake(&wq, 1, 6), 1);
    assert_int_equal(nr_called, 2);
    assert_int_equal(last_key, 6);
    wait_remove(&wq, &entries[0]);
    assert_int_equal(wait_wake(&wq, 1, 7), 0);
}

/* Random adding, leaving and waking against a model that knows the order of arrival. */
static void test_against_model(void **state)
{
    struct wait_queue wq;
    struct prng prng;
    uint64_t arrived[NR_ENTRIES] = {0}; /* 0: not queued */
    uint64_t clock = 1;

    (void)state;
    prng_init(&prng, 5);
    wait_queue_init(&wq);
    for (int i = 0; i < NR_ENTRIES; i++)
        wait_entry_init(&entries[i], i % 3 != 0);
    for (int step = 0; step < 50000; step++) {
        size_t i = prng_below(&prng, NR_ENTRIES);
        int nr = (int)prng_below(&prng, 4);
        int expected = 0;

        if (prng_below(&prng, 3) == 0) {
            assert_int_equal(wait_leave(&wq, &entries[i]), arrived[i] != 0);
            arrived[i] = 0;
        } else if (prng_below(&prng, 4)) {
            wait_add(&wq, &entries[i]);
            arrived[i] = arrived[i] ? arrived[i] : clock++;
        } else {
            for (size_t k = 0; k < NR_ENTRIES; k += 3) {
                expected += arrived[k] != 0;
                arrived[k] = 0;
            }
            for (int n = 0; n < nr; n++) { /* the exclusive ones by age */
                size_t oldest = NR_ENTRIES;

                for (size_t k = 0; k < NR_ENTRIES; k++)
                    if (k % 3 && arrived[k] &&
                        (oldest == NR_ENTRIES || arrived[k] < arrived[oldest]))
                        oldest = k;
                if (oldest < NR_ENTRIES) {
                    arrived[oldest] = 0;
                    expected++;
                }
            }
            assert_int_equal(wait_wake(&wq, nr, 0), expected);
        }
        for (size_t k = 0; k < NR_ENTRIES; k++)
            assert_int_equal(list_is_linked(&entries[k].node), arrived[k] != 0);
    }
}

static void test_uncontended_locks(void **state)
{
    struct mutex m;
    struct rwlock rw;
    struct semaphore sem;

    (void)state;
    mutex_init(&m);
    mutex_lock(&m);
    assert_true(mutex_is_held(&m));
    assert_false(mutex_trylock(&m));
    mutex_unlock(&m);
    assert_int_equal(mutex_lock_interruptible(&m), 0);
    mutex_unlock(&m);
    assert_false(mutex_is_locked(&m));

    rwlock_init(&rw);
    rwlock_read_lock(&rw);
    assert_true(rwlock_read_trylock(&rw));
    assert_false(rwlock_write_trylock(&rw));
    rwlock_read_unlock(&rw);
    rwlock_read_unlock(&rw);
    rwlock_write_lock(&rw);
    assert_false(rwlock_read_trylock(&rw));
    rwlock_downgrade(&rw);
    assert_true(rwlock_read_trylock(&rw));
    rwlock_read_unlock(&rw);
    rwlock_read_unlock(&rw);

    sem_init(&sem, 2);
    sem_down(&sem);
    assert_true(sem_trydown(&sem));
    assert_false(sem_trydown(&sem));
    sem_up(&sem);
    assert_int_equal(sem_down_interruptible(&sem), 0);
    assert_int_equal(sem_down_until(&sem, 0), -ETIMEDOUT);
    sem_up(&sem);
    assert_int_equal(sem.count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_wakes_all_shared_and_one_exclusive),
        cmocka_unit_test(test_callbacks_stay_queued),
        cmocka_unit_test(test_against_model),
        cmocka_unit_test(test_uncontended_locks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
