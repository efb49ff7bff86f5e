/*
 * The processor's cost of block I/O: instructions per 4 KiB, sequentially, one request at a time
 * and with many in flight, on each disk. The disk's content is overwritten from sector 8 on.
 *
 * Under -icount, older QEMUs (7.2) let the instruction counter go on by one a nanosecond while the
 * hart sleeps for the device, newer ones (10) do not. Which it is is tried out first; where sleep
 * is counted, what the idle thread slept is subtracted.
 */
#include <app/app.h>
#include <arch/cpu.h>
#include <base/errno.h>
#include <blockdev/blockdev.h>
#include <console/console.h>
#include <heap/heap.h>
#include <printf/printf.h>
#include <random/random.h>
#include <string/string.h>
#include <sync/semaphore.h>
#include <thread/thread.h>

#define SECTORS_4K   8
#define NR_WARM_UP   64
#define NR_BLOCKS    512
#define NR_IN_FLIGHT 32

static struct semaphore nr_free = SEMAPHORE_INIT(nr_free, NR_IN_FLIGHT);
static int first_error; /* [a] */
static bool is_sleep_counted;

struct flight {
    struct block_request rq;
    struct block_segment segment;
};

static void report(const char *name, const char *disk, uint64_t instructions, unsigned nr)
{
    char line[100];
    int n = snprintf(line, sizeof(line), "BENCH block.%s.%s %lu instructions\n", name, disk,
                     (unsigned long)(instructions / nr));
    console_write(line, (size_t)n);
}

static void note(int error)
{
    if (error != 0)
        __atomic_store_n(&first_error, error, __ATOMIC_RELAXED);
}

/* Instructions of this hart that were not idle. */
static uint64_t work_done(void)
{
    struct thread_cpu_stats stats;

    if (!is_sleep_counted)
        return arch_instret();
    thread_cpu_stats(0, &stats);
    return arch_instret() - stats.idle_ns;
}

static void try_sleep(void)
{
    const uint64_t nap = 10 * NS_PER_MSEC;
    uint64_t start = arch_instret();

    thread_sleep_ns(nap);
    is_sleep_counted = arch_instret() - start > nap / 2;
}

static uint64_t sector_of(unsigned i)
{
    return 8 + (uint64_t)i * SECTORS_4K;
}

static uint64_t one_at_a_time(struct block_device *disk, bool is_write, char *data, unsigned nr)
{
    uint64_t start = work_done();

    for (unsigned i = 0; i < nr; i++)
        note(is_write ? block_write(disk, sector_of(i), data, SECTORS_4K)
                      : block_read(disk, sector_of(i), data, SECTORS_4K));
    return work_done() - start;
}

static void flight_done(struct block_request *rq)
{
    note(rq->error);
    sem_up(&nr_free);
}

/* In batches: all requests of one are in flight together. */
static uint64_t in_flight(struct block_device *disk, enum block_op op, char *data,
                          struct flight *flights, unsigned nr)
{
    uint64_t start = work_done();

    for (unsigned begin = 0; begin < nr; begin += NR_IN_FLIGHT) {
        for (unsigned i = 0; i < NR_IN_FLIGHT; i++) {
            struct flight *f = &flights[i];
            sem_down(&nr_free);
            f->segment = (struct block_segment){data + i * 4096, 4096};
            block_request_init(&f->rq, op, sector_of(begin + i), &f->segment, 1, flight_done, NULL);
            note(block_submit(disk, &f->rq));
        }
        for (unsigned i = 0; i < NR_IN_FLIGHT; i++) /* the batch is over: all slots are ours */
            sem_down(&nr_free);
        for (unsigned i = 0; i < NR_IN_FLIGHT; i++)
            sem_up(&nr_free);
    }
    return work_done() - start;
}

static void bench(struct block_device *disk, char *data, struct flight *flights)
{
    (void)one_at_a_time(disk, true, data, NR_WARM_UP);
    report("write_4k", disk->name, one_at_a_time(disk, true, data, NR_BLOCKS), NR_BLOCKS);
    report("read_4k", disk->name, one_at_a_time(disk, false, data, NR_BLOCKS), NR_BLOCKS);
    report("write_4k_deep", disk->name, in_flight(disk, BLOCK_WRITE, data, flights, NR_BLOCKS),
           NR_BLOCKS);
    report("read_4k_deep", disk->name, in_flight(disk, BLOCK_READ, data, flights, NR_BLOCKS),
           NR_BLOCKS);
}

static void bench_random(void)
{
    char bytes[16], page[1024];
    uint64_t start = arch_instret();

    for (unsigned i = 0; i < 1000; i++)
        random_bytes(bytes, sizeof(bytes));
    uint64_t small = arch_instret() - start;
    start = arch_instret();
    for (unsigned i = 0; i < 100; i++)
        random_bytes(page, sizeof(page));
    report("random_16", "bytes", small, 1000);
    report("random_1k", "bytes", arch_instret() - start, 100);
}

int app_main(void)
{
    char *data = heap_alloc_aligned(4096, NR_IN_FLIGHT * 4096ul);
    struct flight *flights = heap_calloc(NR_IN_FLIGHT, sizeof(*flights));

    if (!data || !flights)
        return -ENOMEM;
    memset(data, 'x', NR_IN_FLIGHT * 4096ul);
    try_sleep();
    for (struct block_device *disk = block_next(NULL); disk; disk = block_next(disk))
        if (disk->nr_sectors >= sector_of(NR_BLOCKS))
            bench(disk, data, flights);
    bench_random();
    return __atomic_load_n(&first_error, __ATOMIC_RELAXED);
}
