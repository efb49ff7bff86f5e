/*
 * Guest memory: what may lie where, who answers an access, and ranges that the host holds on to,
 * across the ends of pages, of large pages and of RAM.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <base/errno.h>
#include <faultinject/faultinject.h>
#include <frame/frame.h>
#include <gstage/gstage.h>
#include <heap/heap.h>
#include <host/host.h>

#define RAM      0x80000000ul
#define RAM_SIZE MIB(4)
#define FLASH    0x22000000ul
#define HOLE     0x40000000ul

static struct gstage gs;
static bool is_array = true; /* the flash reads as memory */
static struct frame *flash_frame;

static uint64_t dev_read(struct vdev *dev, uint64_t offset, unsigned size)
{
    (void)dev, (void)size;
    return offset;
}

static void dev_write(struct vdev *dev, uint64_t offset, unsigned size, uint64_t value)
{
    (void)dev, (void)offset, (void)size, (void)value;
}

static bool flash_is_memory(const struct vdev *dev, bool is_write)
{
    (void)dev;
    return is_array && !is_write;
}

static int flash_page(struct vma *vma, uint64_t offset, uint32_t access, struct vma_page *out)
{
    (void)vma, (void)offset;
    if (!is_array || access == VMA_WRITE)
        return VSPACE_EMULATE;
    frame_get(flash_frame);
    *out = (struct vma_page){.pa = frame_to_pa(flash_frame), .frame = flash_frame};
    return 0;
}

static const struct vdev_ops plain_ops = {.read = dev_read, .write = dev_write};
static const struct vdev_ops flash_ops = {
    .read = dev_read, .write = dev_write, .is_memory = flash_is_memory};
static const struct vma_ops flash_kind = {.name = "flash", .page = flash_page};

static struct vdev uart, flash;

static int setup(void **state)
{
    (void)state;
    uart = (struct vdev){"uart", GPA(0x10000000), 0x100, &plain_ops, {0}, NULL};
    flash = (struct vdev){"flash", GPA(FLASH), MIB(1), &flash_ops, {0}, NULL};
    is_array = true;
    assert_int_equal(gstage_init(&gs), 0);
    assert_int_equal(gstage_add_ram(&gs, GPA(RAM), RAM_SIZE), 0);
    assert_int_equal(gstage_add_device(&gs, &uart), 0);
    assert_int_equal(gstage_add_memory_device(&gs, &flash, &flash_kind, VMA_RIGHTS), 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    gstage_destroy(&gs);
    return 0;
}

/* --- the layout ------------------------------------------------------------------------------- */

static int try_device(uint64_t base, uint64_t size)
{
    static struct vdev dev;

    dev = (struct vdev){"d", GPA(base), size, &plain_ops, {0}, NULL};
    return gstage_add_device(&gs, &dev);
}

static void test_nothing_overlaps(void **state)
{
    (void)state;
    assert_int_equal(gstage_add_ram(&gs, GPA(RAM + RAM_SIZE - PAGE_SIZE), PAGE_SIZE), -EEXIST);
    assert_int_equal(gstage_add_ram(&gs, GPA(0x10000000), PAGE_SIZE), -EEXIST);
    assert_int_equal(gstage_add_host(&gs, GPA(0x0ffff000), PADDR(0x1000), MIB(1), VMA_READ),
                     -EEXIST);
    assert_int_equal(try_device(RAM + 5, 1), -EEXIST);
    assert_int_equal(try_device(RAM - 1, 2), -EEXIST);
    assert_int_equal(try_device(0x100000ff, 1), -EEXIST);
    assert_int_equal(try_device(FLASH + MIB(1) - 1, 1), -EEXIST);
    assert_int_equal(gstage_add_memory_device(&gs, &flash, &flash_kind, VMA_READ), -EEXIST);
    assert_int_equal(gs.devices.nr, 2);
    assert_int_equal(try_device(RAM - 1, 1), 0);
    assert_ptr_equal(uart.memory, &gs);
}

static void test_a_refused_memory_device_leaves_nothing(void **state)
{
    struct vdev dev = {"d", GPA(FLASH + MIB(16)), MIB(1), NULL, {0}, NULL};

    (void)state;
    assert_int_equal(gstage_add_memory_device(&gs, &dev, &flash_kind, VMA_READ), -EINVAL);
    assert_int_equal(gstage_add_ram(&gs, dev.base, dev.size), 0);
}

static void test_ranges_are_in_reach(void **state)
{
    (void)state;
    assert_int_equal(gstage_add_ram(&gs, GPA(GSTAGE_LIMIT), PAGE_SIZE), -EINVAL);
    assert_int_equal(gstage_add_ram(&gs, GPA(GSTAGE_LIMIT - PAGE_SIZE), 2 * PAGE_SIZE), -EINVAL);
    assert_int_equal(gstage_add_ram(&gs, GPA(HOLE + 1), PAGE_SIZE), -EINVAL);
    assert_int_equal(try_device(GSTAGE_LIMIT - 1, 2), -EINVAL);
    assert_int_equal(try_device(UINT64_MAX - 1, 100), -EINVAL);
    assert_int_equal(try_device(HOLE, 0), -EINVAL);
}

/* --- who answers ------------------------------------------------------------------------------ */

static void test_who_answers_an_access(void **state)
{
    (void)state;
    assert_ptr_equal(gstage_device(&gs, GPA(0x100000ff), false), &uart);
    assert_null(gstage_device(&gs, GPA(0x10000100), false));
    assert_null(gstage_device(&gs, GPA(RAM), true));
    assert_null(gstage_device(&gs, GPA(FLASH), false));
    assert_ptr_equal(gstage_device(&gs, GPA(FLASH), true), &flash);
    is_array = false;
    assert_ptr_equal(gstage_device(&gs, GPA(FLASH), false), &flash);

    assert_int_equal(gstage_fault(&gs, GPA(RAM), VMA_WRITE), 0);
    assert_int_equal(gstage_fault(&gs, GPA(HOLE), VMA_READ), -EFAULT);
    assert_int_equal(gstage_fault(&gs, GPA(GSTAGE_LIMIT), VMA_READ), -EFAULT);
    assert_int_equal(gstage_fault(&gs, GPA(FLASH), VMA_READ), 0); /* no memory now: repeat it */
}

/* --- memory ----------------------------------------------------------------------------------- */

static void test_copies_end_where_memory_ends(void **state)
{
    char text[64] = {0};

    (void)state;
    assert_int_equal(gstage_write(&gs, GPA(RAM + PAGE_SIZE - 4), "over the end", 12), 0);
    assert_int_equal(gstage_read(&gs, GPA(RAM + PAGE_SIZE - 4), text, 12), 0);
    assert_string_equal(text, "over the end");
    assert_int_equal(gstage_read(&gs, GPA(RAM + RAM_SIZE - 4), text, 4), 0);
    assert_int_equal(gstage_read(&gs, GPA(RAM + RAM_SIZE - 4), text, 5), -EFAULT);
    assert_int_equal(gstage_read(&gs, GPA(RAM - 1), text, 2), -EFAULT);
    assert_int_equal(gstage_read(&gs, uart.base, text, 1), -EFAULT);
    assert_int_equal(gstage_write(&gs, GPA(FLASH), text, 1), -EFAULT);
    assert_int_equal(gstage_read(&gs, GPA(FLASH), text, 4), 0);
}

/* A bank of the machine: the kernel has no address for it. */
static void test_a_passed_bank_is_no_memory_of_the_host(void **state)
{
    const paddr_t bank = PADDR(0x20000000);
    struct gstage_map map;
    char byte;

    (void)state;
    assert_int_equal(gstage_add_host(&gs, GPA(0x30000000), bank, MIB(1), VMA_RIGHTS), 0);
    assert_int_equal(gstage_fault(&gs, GPA(0x30000000), VMA_READ), 0);
    assert_int_equal(gstage_read(&gs, GPA(0x30000000), &byte, 1), -EFAULT);
    assert_int_equal(gstage_map(&gs, GPA(0x30000000), 1, VMA_READ, &map), -EFAULT);
    assert_false(gstage_is_memory(&gs, GPA(0x30000000), 1, VMA_READ));
}

/* Each byte of the mapping is where the guest has it. */
static void check_mapping(uint64_t gpa, uint64_t size)
{
    struct gstage_map map;
    uint64_t nr = 0;

    assert_int_equal(gstage_map(&gs, GPA(gpa), size, VMA_WRITE, &map), 0);
    for (uint64_t at = 0; at < size; at += nr) {
        uint8_t *memory = gstage_map_at(&map, at, &nr);

        assert_non_null(memory);
        assert_in_range(nr, 1, size - at);
        for (uint64_t i = 0; i < nr; i++)
            memory[i] = (uint8_t)((at + i) * 7);
    }
    assert_null(gstage_map_at(&map, size, &nr));
    assert_null(gstage_map_at(&map, UINT64_MAX, &nr));
    gstage_unmap(&map);

    uint8_t *copy = malloc(size);

    assert_int_equal(gstage_read(&gs, GPA(gpa), copy, size), 0);
    for (uint64_t i = 0; i < size; i++)
        assert_int_equal(copy[i], (uint8_t)(i * 7));
    free(copy);
}

static void test_maps_across_pages(void **state)
{
    (void)state;
    check_mapping(RAM + 100, 1);
    check_mapping(RAM + PAGE_SIZE - 1, 2);
    check_mapping(RAM + PAGE_SIZE - 3, 3 * PAGE_SIZE + 6);
    check_mapping(RAM, PAGE_SIZE);
    check_mapping(RAM + RAM_SIZE - PAGE_SIZE, PAGE_SIZE);
    /* Touched in disorder, pages do not lie together in the host. */
    for (uint64_t page = 64; page-- > 32;)
        assert_int_equal(gstage_fault(&gs, GPA(RAM + page * PAGE_SIZE), VMA_WRITE), 0);
    check_mapping(RAM + 32 * PAGE_SIZE + 17, 32 * PAGE_SIZE - 40);
    check_mapping(RAM, RAM_SIZE);
}

/* At any place of a run, not only where one begins. */
static void test_finds_the_run_of_an_offset(void **state)
{
    struct gstage_map map;
    uint64_t nr;

    (void)state;
    for (uint64_t page = 16; page-- > 0;)
        assert_int_equal(gstage_fault(&gs, GPA(RAM + page * PAGE_SIZE), VMA_WRITE), 0);
    assert_int_equal(gstage_map(&gs, GPA(RAM + 8), 16 * PAGE_SIZE - 8, VMA_WRITE, &map), 0);
    for (uint64_t at = 0; at < map.size; at += 123) {
        uint32_t seen = 0;
        uint8_t *memory = gstage_map_at(&map, at, &nr);

        *memory = (uint8_t)at;
        assert_int_equal(gstage_read(&gs, GPA(RAM + 8 + at), &seen, 1), 0);
        assert_int_equal(seen, (uint8_t)at);
    }
    gstage_unmap(&map);
}

static void test_maps_nothing_but_memory(void **state)
{
    struct gstage_map map;
    uint64_t nr;

    (void)state;
    assert_int_equal(gstage_map(&gs, GPA(RAM + RAM_SIZE - 8), 9, VMA_READ, &map), -EFAULT);
    assert_int_equal(gstage_map(&gs, GPA(RAM - 8), 16, VMA_READ, &map), -EFAULT);
    assert_int_equal(gstage_map(&gs, GPA(HOLE), 1, VMA_READ, &map), -EFAULT);
    assert_int_equal(gstage_map(&gs, uart.base, 1, VMA_READ, &map), -EFAULT);
    assert_int_equal(gstage_map(&gs, GPA(FLASH), 8, VMA_WRITE, &map), -EFAULT);
    assert_int_equal(gstage_map(&gs, GPA(GSTAGE_LIMIT), 1, VMA_READ, &map), -EFAULT);
    assert_int_equal(gstage_map(&gs, GPA(GSTAGE_LIMIT - 1), 2, VMA_READ, &map), -EFAULT);
    assert_int_equal(gstage_map(&gs, GPA(UINT64_MAX), 2, VMA_READ, &map), -EFAULT);
    assert_int_equal(gstage_map(&gs, GPA(RAM), GSTAGE_MAP_MAX + 1, VMA_READ, &map), -E2BIG);
    assert_int_equal(gstage_map(&gs, GPA(RAM), UINT64_MAX, VMA_READ, &map), -E2BIG);
    assert_int_equal(gstage_map(&gs, GPA(HOLE), 0, VMA_READ, &map), 0);
    assert_null(gstage_map_at(&map, 0, &nr));
    gstage_unmap(&map);
    assert_int_equal(gstage_map(&gs, GPA(FLASH), 8, VMA_READ, &map), 0);
    gstage_unmap(&map);
    is_array = false;
    vspace_zap(vspace_find(&gs.vs, FLASH), 0, MIB(1));
    assert_int_equal(gstage_map(&gs, GPA(FLASH), 8, VMA_READ, &map), -EFAULT);
}

static void test_is_memory(void **state)
{
    (void)state;
    assert_true(gstage_is_memory(&gs, GPA(RAM), RAM_SIZE, VMA_WRITE));
    assert_false(gstage_is_memory(&gs, GPA(RAM), RAM_SIZE + 1, VMA_WRITE));
    assert_false(gstage_is_memory(&gs, GPA(RAM - 1), 2, VMA_READ));
    assert_true(gstage_is_memory(&gs, GPA(FLASH), MIB(1), VMA_READ));
    assert_false(gstage_is_memory(&gs, GPA(FLASH), 1, VMA_WRITE));
    assert_true(gstage_is_memory(&gs, GPA(HOLE), 0, VMA_WRITE));
}

static uint64_t nr_free(void)
{
    struct frame_stats stats;

    heap_shrink();
    frame_cache_drain();
    frame_stats(&stats);
    return stats.free + stats.meta;
}

/* A pinned page outlives even the guest. */
static void test_pins(void **state)
{
    struct gstage_map map;
    uint64_t nr;

    (void)state;
    assert_int_equal(gstage_map(&gs, GPA(RAM + 10), 20, VMA_WRITE, &map), 0);
    uint8_t *memory = gstage_map_at(&map, 0, &nr);

    assert_int_equal(virt_to_frame(memory)->refcount, 2);
    assert_int_equal(vspace_unmap(&gs.vs, RAM, RAM_SIZE), 0);
    assert_int_equal(virt_to_frame(memory)->refcount, 1);
    memset(memory, 1, nr);
    gstage_unmap(&map);
}

static void test_without_memory_nothing_is_kept(void **state)
{
    struct gstage_map map;

    (void)state;
    for (unsigned nth = 1; nth < 60; nth++) {
        const uint64_t before = nr_free();

        assert_int_equal(gstage_add_ram(&gs, GPA(HOLE), MIB(1)), 0);
        alloc_fail_set(nth);
        const int err = gstage_map(&gs, GPA(HOLE), 20 * PAGE_SIZE, VMA_WRITE, &map);

        alloc_fail_set(0);
        if (err == 0)
            gstage_unmap(&map);
        else
            assert_int_equal(err, -ENOMEM);
        assert_int_equal(vspace_unmap(&gs.vs, HOLE, MIB(1)), 0);
        assert_int_equal(nr_free(), before);
        if (err == 0)
            break;
    }
}

static int world(void **state)
{
    const struct frame_range ram = {PADDR(0x80000000), MIB(64)};

    (void)state;
    host_ram_init(ram.start, ram.size);
    if (frame_init(&ram, 1, NULL, 0) != 0 || heap_init() != 0)
        return -1;
    vspace_boot();
    flash_frame = frame_alloc(0, FRAME_ZERO);
    return flash_frame ? 0 : -1;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_overlaps),
        TEST(test_a_refused_memory_device_leaves_nothing),
        TEST(test_ranges_are_in_reach),
        TEST(test_who_answers_an_access),
        TEST(test_copies_end_where_memory_ends),
        TEST(test_a_passed_bank_is_no_memory_of_the_host),
        TEST(test_maps_across_pages),
        TEST(test_finds_the_run_of_an_offset),
        TEST(test_maps_nothing_but_memory),
        TEST(test_is_memory),
        TEST(test_pins),
        TEST(test_without_memory_nothing_is_kept),
    };

    return cmocka_run_group_tests(tests, world, NULL);
}
