/*
 * The block layer over a disk in memory that answers at once, late and in any order, or with
 * errors.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <base/errno.h>
#include <blockdev/blockdev.h>
#include <heap/heap.h>
#include <host/host.h>

#include "fake_disk.h"

static struct fake_disk *disk;

static void done_sets(struct block_request *rq)
{
    *(int *)rq->ctx = rq->error == 0 ? 1 : rq->error;
}

static int submit(struct block_device *dev, enum block_op op, uint64_t sector, void *data,
                  uint32_t bytes, int *result)
{
    static struct block_segment segment;
    static struct block_request rq;

    segment = (struct block_segment){data, bytes};
    *result = 0;
    block_request_init(&rq, op, sector, &segment, bytes != 0, done_sets, result);
    return block_submit(dev, &rq);
}

static void names_and_order(void **state)
{
    struct fake_disk *other = fake_disk_new(100, 512);

    assert_string_equal(disk->dev.name, "vda");
    assert_string_equal(other->dev.name, "vdb");
    assert_int_equal(other->dev.minor, 16);
    assert_ptr_equal(block_find("/dev/vdb"), &other->dev);
    assert_ptr_equal(block_find("vda"), &disk->dev);
    assert_null(block_find("vdc"));
    assert_null(block_find(""));
    assert_ptr_equal(block_next(NULL), &disk->dev);
    assert_ptr_equal(block_next(&disk->dev), &other->dev);
}

static void limits_are_checked(void **state)
{
    static const uint32_t bad_sizes[] = {0, 1, 511, 513, 8192, 0x80000000};

    for (unsigned i = 0; i < ARRAY_SIZE(bad_sizes); i++) {
        struct block_device dev = disk->dev;
        dev.block_size = bad_sizes[i];
        assert_int_equal(block_register(&dev, "vd"), -EINVAL);
    }
    struct block_device dev = disk->dev;
    dev.nr_sectors = UINT64_MAX;
    assert_int_equal(block_register(&dev, "vd"), -EINVAL);
}

static void requests_are_checked(void **state)
{
    struct block_device *dev = &disk->dev;
    char *data = heap_alloc(4096);
    int result;

    assert_int_equal(submit(dev, BLOCK_READ, 0, data, 4096, &result), 0);
    assert_int_equal(result, 1);
    assert_int_equal(submit(dev, BLOCK_READ, dev->nr_sectors - 7, data, 4096, &result), -ENXIO);
    assert_int_equal(submit(dev, BLOCK_READ, UINT64_MAX - 7, data, 4096, &result), -ENXIO);
    assert_int_equal(submit(dev, BLOCK_READ, dev->nr_sectors, data, 512, &result), -ENXIO);
    assert_int_equal(submit(dev, BLOCK_READ, 0, data, 0, &result), -EINVAL);
    assert_int_equal(submit(dev, BLOCK_READ, 0, data, 100, &result), -EINVAL);
    assert_int_equal(submit(dev, BLOCK_FLUSH, 0, data, 512, &result), -EINVAL);
    assert_int_equal(submit(dev, (enum block_op)77, 0, data, 512, &result), -EINVAL);
    dev->is_read_only = true;
    assert_int_equal(submit(dev, BLOCK_WRITE, 0, data, 512, &result), -EROFS);
    dev->is_read_only = false;
    dev->block_size = 4096;
    assert_int_equal(submit(dev, BLOCK_READ, 1, data, 4096, &result), -EINVAL);
    assert_int_equal(submit(dev, BLOCK_READ, 8, data, 512, &result), -EINVAL);
    assert_int_equal(submit(dev, BLOCK_READ, 8, data, 4096, &result), 0);
    dev->block_size = 512;
    assert_int_equal(result, 1);
    heap_free(data);
}

static void flush_without_a_cache_is_answered(void **state)
{
    unsigned before = disk->nr_flushes;
    int result;

    disk->dev.has_flush = false;
    assert_int_equal(submit(&disk->dev, BLOCK_FLUSH, 0, NULL, 0, &result), 0);
    assert_int_equal(result, 1);
    assert_int_equal(disk->nr_flushes, before);
    disk->dev.has_flush = true;
    assert_int_equal(block_flush(&disk->dev), 0);
    assert_int_equal(disk->nr_flushes, before + 1);
}

/* Through both ways to memory, in pieces as small as the disk likes. */
static void transfers_of_any_size(void **state)
{
    char on_stack[5 * 512];
    size_t bytes = 300 * 512;
    char *data = heap_alloc(bytes), *back = heap_alloc(bytes);

    for (uint32_t most = 1; most < 400; most = most * 3 + 1) {
        disk->dev.max_sectors = most;
        for (size_t i = 0; i < bytes; i++)
            data[i] = (char)(i * most + i / 512);
        memset(back, 0, bytes);
        assert_int_equal(block_write(&disk->dev, 3, data, 300), 0);
        assert_memory_equal(disk->memory + 3 * 512, data, bytes);
        assert_int_equal(block_read(&disk->dev, 3, back, 300), 0);
        assert_memory_equal(back, data, bytes);
        assert_int_equal(block_read(&disk->dev, 10, on_stack, 5), 0);
        assert_memory_equal(on_stack, data + 7 * 512, sizeof(on_stack));
        on_stack[700] = 'x';
        assert_int_equal(block_write(&disk->dev, 20, on_stack, 5), 0);
        assert_memory_equal(disk->memory + 20 * 512, on_stack, sizeof(on_stack));
    }
    disk->dev.max_sectors = 1024;
    assert_int_equal(block_read(&disk->dev, disk->dev.nr_sectors - 299, back, 300), -ENXIO);
    assert_int_equal(block_write(&disk->dev, disk->dev.nr_sectors, data, 1), -ENXIO);
    assert_int_equal(block_read(&disk->dev, disk->dev.nr_sectors, back, 0), 0);
    heap_free(data);
    heap_free(back);
}

/* Frames here and there, the first and last in part, cut as the disk likes: by requests, segments
 * and bytes of a segment. What it takes at once is one request. */
static void frames_are_one_request(void **state)
{
    struct frame *frames[40];
    uint64_t nr_before;

    for (unsigned i = 0; i < ARRAY_SIZE(frames); i++) {
        frames[i] = frame_alloc(0, 0);
        assert_non_null(frames[i]);
        if (i % 3 == 0) /* not in a row */
            assert_non_null(frame_alloc(0, 0));
    }
    for (unsigned round = 0; round < 60; round++) {
        uint32_t first = round % 8, nr = 1 + round * 5;
        char *bytes = heap_alloc(nr * 512);

        disk->dev.max_segments = 1 + round % 7 * 6;
        disk->dev.max_segment_bytes = 512 << round % 5;
        disk->dev.max_sectors = 1 + round * 3;
        for (size_t i = 0; i < nr * 512u; i++)
            disk->memory[7 * 512 + i] = (uint8_t)(i / 512 * 3 + i + round);
        memcpy(bytes, disk->memory + 7 * 512, nr * 512);
        assert_int_equal(block_read_frames(&disk->dev, 7, frames, first * 512, nr), 0);
        memset(disk->memory + 7 * 512, 0, nr * 512);
        assert_int_equal(block_write_frames(&disk->dev, 7, frames, first * 512, nr), 0);
        assert_memory_equal(disk->memory + 7 * 512, bytes, nr * 512);
        heap_free(bytes);
    }
    disk->dev.max_segments = ARRAY_SIZE(frames);
    disk->dev.max_segment_bytes = 1 << 20;
    disk->dev.max_sectors = 1024;
    nr_before = disk->dev.nr_reads;
    assert_int_equal(block_read_frames(&disk->dev, 0, frames, 512, 319), 0);
    assert_int_equal(disk->dev.nr_reads, nr_before + 1);
    assert_int_equal(block_read_frames(&disk->dev, 1000, frames, 0, 25), -ENXIO);
    disk->dev.max_segments = 4;
}

static void bytes_at_any_offset(void **state)
{
    static const uint64_t offsets[] = {0, 1, 511, 512, 513, 4000, 4095, 4096};
    static const size_t lengths[] = {0, 1, 2, 511, 512, 513, 4096, 9000};
    char data[9000], back[9000];

    for (uint32_t block_size = 512; block_size <= 4096; block_size *= 8) {
        disk->dev.block_size = block_size;
        for (unsigned i = 0; i < ARRAY_SIZE(offsets); i++) {
            for (unsigned k = 0; k < ARRAY_SIZE(lengths); k++) {
                char *copy = malloc(disk->bytes);
                memcpy(copy, disk->memory, disk->bytes);
                for (size_t b = 0; b < lengths[k]; b++)
                    copy[offsets[i] + b] = data[b] = (char)(b + i + k);
                assert_int_equal(block_write_bytes(&disk->dev, offsets[i], data, lengths[k]), 0);
                assert_memory_equal(copy, disk->memory, disk->bytes);
                assert_int_equal(block_read_bytes(&disk->dev, offsets[i], back, lengths[k]), 0);
                assert_memory_equal(back, data, lengths[k]);
                free(copy);
            }
        }
    }
    disk->dev.block_size = 512;
    assert_int_equal(block_read_bytes(&disk->dev, disk->bytes, back, 1), -ENXIO);
    assert_int_equal(block_read_bytes(&disk->dev, UINT64_MAX, back, 2), -ENXIO);
}

static void errors_come_back(void **state)
{
    char *data = heap_alloc(64 * 512);
    uint64_t before = disk->dev.nr_errors;

    disk->bad_sector = 40;
    disk->dev.max_sectors = 8;
    assert_int_equal(block_read(&disk->dev, 0, data, 64), -EIO);
    assert_true(disk->dev.nr_errors > before);
    assert_int_equal(block_read(&disk->dev, 0, data, 40), 0);
    assert_int_equal(block_write(&disk->dev, 40, data, 1), -EIO);
    assert_int_equal(block_write_bytes(&disk->dev, 40 * 512 + 3, data, 1), -EIO);
    disk->bad_sector = UINT64_MAX;
    disk->dev.max_sectors = 1024;
    assert_int_equal(block_discard(&disk->dev, 0, 8), -EOPNOTSUPP);
    disk->dev.max_discard_sectors = 10;
    assert_int_equal(block_discard(&disk->dev, 3, 25), 0);
    assert_int_equal(disk->nr_discarded, 25);
    disk->dev.max_discard_sectors = 0;
    heap_free(data);
}

static void partitions_are_windows(void **state)
{
    struct fake_disk *d = fake_disk_new(1000, 512);
    uint8_t *entry = d->memory + 446;
    char name[16], *data = heap_alloc(1024);

    entry[4] = 0x83;
    entry[8] = 100;
    entry[12] = 50;
    d->memory[510] = 0x55;
    d->memory[511] = 0xaa;
    assert_int_equal(block_scan_partitions(&d->dev), 1);
    assert_int_equal(block_scan_partitions(&d->dev), -EBUSY);
    strcpy(name, d->dev.name);
    strcat(name, "1");
    struct block_device *part = block_find(name);
    assert_non_null(part);
    assert_int_equal(part->minor, d->dev.minor + 1);
    assert_int_equal(part->nr_sectors, 50);
    memset(data, 'p', 1024);
    assert_int_equal(block_write(part, 48, data, 2), 0);
    assert_memory_equal(d->memory + 148 * 512, data, 1024);
    assert_int_equal(block_write(part, 49, data, 2), -ENXIO);
    assert_int_equal(part->nr_sectors_written, 2);
    assert_int_equal(d->dev.nr_sectors_written, 2);
    d->bad_sector = 0;
    heap_free(data);
}

static int set_up(void **state)
{
    static struct frame_range ram;

    host_ram_init(PADDR(0x80000000), MIB(64));
    ram = (struct frame_range){PADDR(0x80000000), MIB(64)};
    if (frame_init(&ram, 1, NULL, 0) != 0 || heap_init() != 0)
        return -1;
    disk = fake_disk_new(1024, 512);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_order),
        cmocka_unit_test(limits_are_checked),
        cmocka_unit_test(requests_are_checked),
        cmocka_unit_test(flush_without_a_cache_is_answered),
        cmocka_unit_test(transfers_of_any_size),
        cmocka_unit_test(frames_are_one_request),
        cmocka_unit_test(bytes_at_any_offset),
        cmocka_unit_test(errors_come_back),
        cmocka_unit_test(partitions_are_windows),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
