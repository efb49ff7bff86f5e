/* core/work on the machine: order, flushing, cancelling, delays. */
#include <ktest/ktest.h>
#include <sync/semaphore.h>
#include <thread/thread.h>
#include <work/work.h>

struct item {
    struct work work;
    uint32_t nr_run;
    uint32_t rank;
};

static uint32_t next_rank;

static void run_item(struct work *work)
{
    struct item *item = container_of(work, struct item, work);

    item->nr_run++;
    item->rank = next_rank++;
    if (item->nr_run % 2)
        thread_sleep_ns(2000);
}

KTEST(work_runs_in_order)
{
    static struct item items[20];
    struct work_queue queue;

    next_rank = 0;
    KTEST_REQUIRE(work_queue_init(&queue, "test") == 0);
    for (int i = 0; i < 20; i++) {
        items[i] = (struct item){0};
        work_init(&items[i].work, run_item);
        KTEST_EXPECT(work_submit_to(&queue, &items[i].work));
    }
    work_queue_flush(&queue);
    for (uint32_t i = 0; i < 20; i++) {
        KTEST_EXPECT_EQ(items[i].nr_run, 1);
        KTEST_EXPECT_EQ(items[i].rank, i);
    }
    KTEST_EXPECT(work_submit_to(&queue, &items[3].work));
    work_queue_destroy(&queue);
    KTEST_EXPECT_EQ(items[3].nr_run, 2);
}

static struct semaphore gate = SEMAPHORE_INIT(gate, 0);

static void wait_at_gate(struct work *work)
{
    sem_down(&gate);
}

KTEST(work_is_pending_once_and_can_be_cancelled)
{
    struct work blocker;
    struct item item = {0};
    struct work_queue queue;

    KTEST_REQUIRE(work_queue_init(&queue, "test") == 0);
    work_init(&blocker, wait_at_gate);
    work_init(&item.work, run_item);
    work_submit_to(&queue, &blocker);
    KTEST_EXPECT(work_submit_to(&queue, &item.work));
    KTEST_EXPECT(!work_submit_to(&queue, &item.work));
    KTEST_EXPECT(work_cancel_sync(&item.work));
    KTEST_EXPECT(!work_cancel_sync(&item.work));
    KTEST_EXPECT(work_submit_to(&queue, &item.work));
    sem_up(&gate);
    work_queue_flush(&queue);
    KTEST_EXPECT_EQ(item.nr_run, 1);
    work_queue_destroy(&queue);
}

static void resubmit(struct work *work)
{
    struct item *item = container_of(work, struct item, work);

    item->nr_run++;
    work_submit(work);
}

KTEST(work_cancel_stops_one_that_submits_itself)
{
    struct item item = {0};
    uint32_t nr_run;

    work_init(&item.work, resubmit);
    work_submit(&item.work);
    while (READ_ONCE(item.nr_run) < 5)
        thread_sleep_ns(1000);
    work_cancel_sync(&item.work);
    nr_run = item.nr_run;
    thread_sleep_ns(NS_PER_MSEC);
    KTEST_EXPECT_EQ(READ_ONCE(item.nr_run), nr_run);
}

struct late {
    struct delayed_work dwork;
    uint64_t ran_ns;
};

static void run_late(struct work *work)
{
    WRITE_ONCE(container_of(work, struct late, dwork.work)->ran_ns, time_now_ns());
}

KTEST(work_delayed)
{
    struct late late = {0};
    uint64_t start = time_now_ns();

    delayed_work_init(&late.dwork, run_late);
    delayed_work_submit(&late.dwork, NS_PER_MSEC);
    for (int i = 0; i < 60000 && !READ_ONCE(late.ran_ns); i++)
        thread_sleep_ns(NS_PER_MSEC);
    KTEST_EXPECT(late.ran_ns >= start + NS_PER_MSEC);
    late.ran_ns = 0;
    delayed_work_submit(&late.dwork, 3600 * NS_PER_SEC);
    KTEST_EXPECT(delayed_work_cancel_sync(&late.dwork));
    KTEST_EXPECT(!delayed_work_cancel_sync(&late.dwork));
    thread_sleep_ns(NS_PER_MSEC);
    KTEST_EXPECT_EQ(late.ran_ns, 0);
}
