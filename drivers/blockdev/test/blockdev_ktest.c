/*
 * Disks on the machine itself. What is written to is only a disk that asks for it: its first sector
 * begins with "trine-scratch". Everything behind the first 8 sectors may change.
 */
#include <base/errno.h>
#include <blockdev/blockdev.h>
#include <heap/heap.h>
#include <ktest/ktest.h>
#include <string/string.h>
#include <sync/semaphore.h>
#include <thread/thread.h>

/* Each test has sectors of its own, since the order of tests is not fixed. */
#define FIRST         64   /* 512 of them */
#define FIRST_FLIGHT  1024 /* 1600 */
#define FIRST_HAMMER  2700 /* 128 */
#define FIRST_DISCARD 3072 /* 512 */

#define NR_REQUESTS 200 /* more than a queue holds */
#define NR_THREADS  4
#define ROUNDS      50

static struct block_device *next_scratch(struct block_device *dev)
{
    char start[16];

    while ((dev = block_next(dev)) != NULL)
        if (dev->disk == dev && dev->nr_sectors >= 4096 &&
            block_read_bytes(dev, 0, start, sizeof(start)) == 0 &&
            memcmp(start, "trine-scratch", 13) == 0)
            return dev;
    return NULL;
}

static char pattern(uint64_t byte, uint32_t salt)
{
    return (char)(byte * 7 + byte / SECTOR_SIZE * 13 + salt);
}

static void fill(char *data, uint64_t sector, size_t bytes, uint32_t salt)
{
    for (size_t i = 0; i < bytes; i++)
        data[i] = pattern(sector * SECTOR_SIZE + i, salt);
}

static bool is_filled(const char *data, uint64_t sector, size_t bytes, uint32_t salt)
{
    for (size_t i = 0; i < bytes; i++)
        if (data[i] != pattern(sector * SECTOR_SIZE + i, salt))
            return false;
    return true;
}

KTEST(block_write_flush_read)
{
    struct block_device *dev = next_scratch(NULL);
    char *data = heap_alloc(KIB(256));

    if (dev == NULL || data == NULL) {
        heap_free(data);
        KTEST_SKIP("no scratch disk");
    }
    for (; dev != NULL; dev = next_scratch(dev)) {
        uint64_t errors = dev->nr_errors;
        fill(data, FIRST, KIB(256), 1);
        KTEST_EXPECT_EQ(block_write(dev, FIRST, data, 512), 0);
        KTEST_EXPECT_EQ(block_flush(dev), 0);
        memset(data, 0, KIB(256));
        KTEST_EXPECT_EQ(block_read(dev, FIRST, data, 512), 0);
        KTEST_EXPECT(is_filled(data, FIRST, KIB(256), 1));
        KTEST_EXPECT_EQ(dev->nr_errors, errors);
        KTEST_EXPECT_EQ(block_read(dev, dev->nr_sectors, data, 8), -ENXIO);
        KTEST_EXPECT_EQ(block_write(dev, dev->nr_sectors - 8, data, 16), -ENXIO);
    }
    heap_free(data);
}

static struct semaphore nr_done = SEMAPHORE_INIT(nr_done, 0);

static void count_done(struct block_request *rq)
{
    sem_up(&nr_done);
}

struct flight {
    struct block_request rq;
    struct block_segment segments[8]; /* of one sector each, last first */
};

static void start_flight(struct block_device *dev, struct flight *f, enum block_op op, unsigned i,
                         char *data)
{
    for (unsigned s = 0; s < 8; s++)
        f->segments[s] = (struct block_segment){data + (7 - s) * SECTOR_SIZE, SECTOR_SIZE};
    block_request_init(&f->rq, op, FIRST_FLIGHT + i * 8, f->segments, 8, count_done, NULL);
    KTEST_EXPECT_EQ(block_submit(dev, &f->rq), 0);
}

/* More requests than the queue has entries, eight segments each: some must wait for others. */
KTEST(block_many_in_flight)
{
    struct block_device *dev = next_scratch(NULL);
    struct flight *flights = heap_calloc(NR_REQUESTS, sizeof(*flights));
    char *data = heap_alloc(NR_REQUESTS * 8 * SECTOR_SIZE);

    if (dev == NULL || flights == NULL || data == NULL) {
        heap_free(flights);
        heap_free(data);
        KTEST_SKIP("no scratch disk");
    }
    for (; dev != NULL; dev = next_scratch(dev)) {
        size_t bytes = NR_REQUESTS * 8 * SECTOR_SIZE;
        if (dev->block_size != SECTOR_SIZE || dev->max_segments < 8)
            continue;
        fill(data, FIRST_FLIGHT, bytes, 2);
        for (unsigned i = 0; i < NR_REQUESTS; i++)
            start_flight(dev, &flights[i], BLOCK_WRITE, i, data + i * 8 * SECTOR_SIZE);
        for (unsigned i = 0; i < NR_REQUESTS; i++)
            sem_down(&nr_done);
        memset(data, 0, bytes);
        for (unsigned i = 0; i < NR_REQUESTS; i++)
            start_flight(dev, &flights[i], BLOCK_READ, i, data + i * 8 * SECTOR_SIZE);
        for (unsigned i = 0; i < NR_REQUESTS; i++)
            sem_down(&nr_done);
        for (unsigned i = 0; i < NR_REQUESTS; i++)
            KTEST_EXPECT_EQ(flights[i].rq.error, 0);
        /*
         * Written and read through the same turned segments: only the disk can have kept the order.
         */
        KTEST_EXPECT(is_filled(data, FIRST_FLIGHT, bytes, 2));
        /* And the disk holds the sectors of each request in reverse. */
        KTEST_EXPECT_EQ(block_read(dev, FIRST_FLIGHT, data, 8), 0);
        for (unsigned s = 0; s < 8; s++)
            KTEST_EXPECT(is_filled(data + s * SECTOR_SIZE, FIRST_FLIGHT + 7 - s, SECTOR_SIZE, 2));
    }
    heap_free(flights);
    heap_free(data);
}

struct hammer {
    struct block_device *dev;
    uint64_t sector;
    uint32_t salt;
    unsigned nr_bad;
};

static void hammer(void *arg)
{
    struct hammer *h = arg;
    char *data = heap_alloc(KIB(16));
    char small[2 * SECTOR_SIZE]; /* on the stack: goes through the bounce buffer */

    for (unsigned round = 0; round < ROUNDS && data != NULL; round++) {
        fill(data, h->sector, KIB(16), h->salt + round);
        h->nr_bad += block_write(h->dev, h->sector, data, 32) != 0;
        memset(data, 0, KIB(16));
        h->nr_bad += block_read(h->dev, h->sector, data, 32) != 0;
        h->nr_bad += !is_filled(data, h->sector, KIB(16), h->salt + round);
        h->nr_bad += block_read(h->dev, h->sector + 3, small, 2) != 0;
        h->nr_bad += !is_filled(small, h->sector + 3, sizeof(small), h->salt + round);
        if (round % 8 == 0)
            h->nr_bad += block_flush(h->dev) != 0;
    }
    h->nr_bad += data == NULL;
    heap_free(data);
}

KTEST(block_from_several_threads)
{
    struct block_device *dev = next_scratch(NULL);
    struct hammer h[NR_THREADS];
    struct thread *threads[NR_THREADS];

    if (dev == NULL)
        KTEST_SKIP("no scratch disk");
    for (; dev != NULL; dev = next_scratch(dev)) {
        if (dev->block_size != SECTOR_SIZE)
            continue;
        for (unsigned i = 0; i < NR_THREADS; i++) {
            h[i] = (struct hammer){dev, FIRST_HAMMER + i * 32, i * 100, 0};
            threads[i] = thread_create(hammer, &h[i], "hammer", NULL);
            KTEST_EXPECT(threads[i] != NULL);
        }
        for (unsigned i = 0; i < NR_THREADS; i++) {
            if (threads[i] != NULL)
                thread_join(threads[i]);
            KTEST_EXPECT_EQ(h[i].nr_bad, 0);
        }
    }
}

KTEST(block_discard_where_offered)
{
    struct block_device *dev = next_scratch(NULL);
    bool is_tried = false;

    for (; dev != NULL; dev = next_scratch(dev)) {
        if (dev->max_discard_sectors == 0) {
            KTEST_EXPECT_EQ(block_discard(dev, FIRST_DISCARD, 8), -EOPNOTSUPP);
            continue;
        }
        KTEST_EXPECT_EQ(block_discard(dev, FIRST_DISCARD, 512), 0);
        is_tried = true;
    }
    if (!is_tried)
        KTEST_SKIP("no scratch disk with discard");
}

KTEST(block_read_only_is_refused)
{
    char sector[SECTOR_SIZE];
    bool is_tried = false;

    for (struct block_device *dev = block_next(NULL); dev != NULL; dev = block_next(dev)) {
        if (!dev->is_read_only || dev->block_size != SECTOR_SIZE)
            continue;
        KTEST_EXPECT_EQ(block_read(dev, 0, sector, 1), 0);
        KTEST_EXPECT_EQ(block_write(dev, 0, sector, 1), -EROFS);
        is_tried = true;
    }
    if (!is_tried)
        KTEST_SKIP("no read-only disk");
}

KTEST(block_partitions)
{
    unsigned nr = 0;

    block_scan_all();
    for (struct block_device *dev = block_next(NULL); dev != NULL; dev = block_next(dev)) {
        if (dev->partition == 0)
            continue;
        nr++;
        KTEST_EXPECT(block_find(dev->name) == dev);
        KTEST_EXPECT(dev->first_sector + dev->nr_sectors <= dev->disk->nr_sectors);
        char a[16], b[16];
        KTEST_EXPECT_EQ(block_read_bytes(dev, 0, a, sizeof(a)), 0);
        KTEST_EXPECT_EQ(block_read_bytes(dev->disk, dev->first_sector * SECTOR_SIZE, b, sizeof(b)),
                        0);
        KTEST_EXPECT(memcmp(a, b, sizeof(a)) == 0);
    }
    if (nr == 0)
        KTEST_SKIP("no partitioned disk");
}
