/*
 * The vDSO's page: what the kernel writes into it for the program's side, as layout.h has it, how
 * changes of the clock become visible, and what the mapping allows. The program's side itself runs
 * in tests/conformance/vdso.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <base/errno.h>
#include <frame/frame.h>
#include <heap/heap.h>
#include <host/host.h>
#include <time/time.h>
#include <vdso/vdso.h>
#include <vspace/vspace.h>

#include "../layout.h"

#define BASE  MIB(2)
#define LIMIT MIB(64)
#define PLACE (BASE + 17 * PAGE_SIZE)

static struct vspace *a, *b;
static uint64_t nr_bytes_at_begin;

static uint64_t used_bytes(void)
{
    struct heap_stats stats;

    heap_stats(&stats);
    return stats.used_bytes;
}

static int set_up(void **state)
{
    static const struct frame_range ram = {{0x80000000}, MIB(64)};

    host_ram_init(ram.start, ram.size);
    if (frame_init(&ram, 1, NULL, 0) != 0 || heap_init() != 0)
        return -1;
    vspace_boot();
    return 0;
}

/* A machine whose counter has this frequency has booted. */
static void boot(uint64_t frequency_hz)
{
    host_ticks = 0;
    time_init(frequency_hz);
    time_set_realtime_ns(0);
    assert_int_equal(vdso_boot(), 0);
}

static int begin(void **state)
{
    nr_bytes_at_begin = used_bytes();
    a = vspace_create(VSPACE_STAGE1, BASE, LIMIT);
    b = vspace_create(VSPACE_STAGE1, BASE, LIMIT);
    boot(10000000);
    return a && b ? 0 : -1;
}

static int end(void **state)
{
    vspace_put(a);
    vspace_put(b);
    assert_int_equal(used_bytes(), nr_bytes_at_begin);
    return 0;
}

static struct vspace_translation query(struct vspace *vs)
{
    struct vspace_translation t;

    vspace_query(vs, vs->vdso, &t);
    return t;
}

/* The page as the program sees it. */
static uint8_t *page_of(struct vspace *vs)
{
    struct vspace_translation t = query(vs);

    assert_true(t.is_mapped);
    return phys_to_virt(t.pa);
}

static const struct vdso_time *time_of(struct vspace *vs)
{
    return (const struct vdso_time *)(page_of(vs) + VDSO_TIME_OFFSET);
}

static const struct vdso_hwprobe *hwprobe_of(struct vspace *vs)
{
    return (const struct vdso_hwprobe *)(page_of(vs) + VDSO_HWPROBE_OFFSET);
}

/* Nanoseconds since boot as the program reckons them. */
static uint64_t program_now(struct vspace *vs)
{
    const struct vdso_time *t = time_of(vs);

    assert_true(t->shift < 128);
    return (uint64_t)((unsigned __int128)host_ticks * t->mult >> t->shift);
}

static uint64_t program_realtime(struct vspace *vs)
{
    return program_now(vs) + time_of(vs)->realtime_ns;
}

/* ---- the clock ---- */

static void programs_reckon_as_the_kernel_does(void **state)
{
    const uint64_t frequencies[] = {1,          32768,      1000000,    10000000,
                                    1000000000, 2500000000, 3333333333, 18446744073709551615ull};
    const uint64_t ticks[] = {0, 1, 999, 12345678901, 1ull << 40, 1ull << 62};

    for (unsigned i = 0; i < ARRAY_SIZE(frequencies); i++) {
        boot(frequencies[i]);
        assert_int_equal(vdso_map(a, PLACE), 0);
        for (unsigned k = 0; k < ARRAY_SIZE(ticks); k++) {
            host_ticks = ticks[k];
            if (time_now_ns() != TIME_NEVER) /* the kernel's is saturated */
                assert_true(program_now(a) == time_now_ns());
        }
    }
}

/* From the start: vdso_boot comes after the clock was set. */
static void the_wall_clock_at_boot(void **state)
{
    time_set_realtime_ns(1700000000 * NS_PER_SEC);
    assert_int_equal(vdso_boot(), 0);
    assert_int_equal(vdso_map(a, PLACE), 0);
    host_ticks += 12345678;
    assert_true(program_realtime(a) == time_realtime_ns());
}

static void a_step_is_seen_by_all_at_once(void **state)
{
    const uint64_t times[] = {1700000000 * NS_PER_SEC, 5, 1800000000 * NS_PER_SEC + 1};

    assert_int_equal(vdso_map(a, PLACE), 0);
    assert_int_equal(vdso_map(b, PLACE + PAGE_SIZE), 0);
    host_ticks = 100000000;
    for (unsigned i = 0; i < ARRAY_SIZE(times); i++) { /* forwards and backwards */
        time_set_realtime_ns(times[i]);
        vdso_time_changed();
        assert_true(program_realtime(a) == times[i]);
        assert_true(program_realtime(b) == times[i]);
        assert_true(program_now(a) == time_now_ns()); /* the other clock has not moved */
        host_ticks += 777;
        assert_true(program_realtime(a) == time_realtime_ns());
    }
}

/* Readers take no lock: the one word that changes is whole, and the others never do. */
static void one_word_changes(void **state)
{
    struct vdso_time before, after;

    assert_int_equal(vdso_map(a, PLACE), 0);
    before = *time_of(a);
    time_set_realtime_ns(1234567890123456789);
    vdso_time_changed();
    after = *time_of(a);
    assert_true(after.mult == before.mult && after.shift == before.shift);
    assert_true(after.realtime_ns != before.realtime_ns);
    assert_int_equal((uintptr_t)&time_of(a)->realtime_ns % sizeof(uint64_t), 0);
}

/* ---- hwprobe ---- */

static void what_the_harts_can_do(void **state)
{
    uint64_t values[VDSO_HWPROBE_KEYS];

    for (unsigned i = 0; i < VDSO_HWPROBE_KEYS; i++)
        values[i] = 0x1111111111111111ull * (i + 1);
    assert_int_equal(vdso_map(a, PLACE), 0);
    assert_int_equal(hwprobe_of(a)->is_known, 0); /* programs ask the kernel */
    vdso_set_hwprobe(values);
    assert_int_equal(hwprobe_of(a)->is_known, 1);
    assert_memory_equal(hwprobe_of(a)->values, values, sizeof(values));
    vdso_set_hwprobe(values); /* two CPUs were asked at once */
    assert_memory_equal(hwprobe_of(a)->values, values, sizeof(values));
    assert_int_equal(vdso_map(b, PLACE), 0); /* a program that starts later */
    assert_int_equal(hwprobe_of(b)->is_known, 1);
}

/* The parts do not reach into each other, nor into the code. */
static void each_has_its_place(void **state)
{
    uint64_t values[VDSO_HWPROBE_KEYS];
    struct vdso_time before;

    assert_int_equal(vdso_map(a, PLACE), 0);
    before = *time_of(a);
    memset(values, 0xff, sizeof(values));
    vdso_set_hwprobe(values);
    assert_memory_equal(time_of(a), &before, sizeof(before));
    for (unsigned i = VDSO_TIME_OFFSET + sizeof(before); i < PAGE_SIZE; i++)
        assert_int_equal(page_of(a)[i], 0); /* the image of the host is empty */
    for (unsigned i = 0; i < VDSO_HWPROBE_OFFSET; i++)
        assert_int_equal(page_of(a)[i], 0);
}

/* ---- the mapping ---- */

static void it_is_there_from_the_start(void **state)
{
    struct vspace_translation t;

    assert_int_equal(vdso_map(a, PLACE), 0);
    assert_int_equal(a->vdso, PLACE);
    t = query(a);
    assert_true(t.is_mapped);
    assert_int_equal(t.rights, VMA_READ | VMA_EXEC);
    assert_int_equal(vspace_fault(a, PLACE, VMA_WRITE), -EACCES);
    assert_int_equal(vspace_fault(a, PLACE + PAGE_SIZE, VMA_READ), -EFAULT);
}

/* Handlers return to the same place of the page, wherever that is. */
static void the_way_back_of_signal_handlers(void **state)
{
    assert_true(vdso_sigreturn_address(PLACE) == PLACE + VDSO_SIGRETURN_OFFSET);
    assert_true(vdso_sigreturn_address(BASE) == BASE + VDSO_SIGRETURN_OFFSET);
}

static void its_name(void **state)
{
    uint64_t device = 5, inode = 6;
    struct vma *vma;
    char name[16];

    assert_int_equal(vdso_map(a, PLACE), 0);
    vma = vspace_find(a, PLACE);
    vma->ops->describe(vma, name, sizeof(name), &device, &inode);
    assert_string_equal(name, "[vdso]");
    vma->ops->describe(vma, name, 4, &device, &inode);
    assert_string_equal(name, "[vd");
}

/* Who makes it writable (a debugger, for a breakpoint) writes to a copy: it is one page for all. */
static void nobody_writes_to_the_page_of_all(void **state)
{
    struct vspace *child = vspace_create(VSPACE_STAGE1, BASE, LIMIT);
    uint32_t breakpoint = 0x00100073;

    assert_int_equal(vdso_map(a, PLACE), 0);
    assert_int_equal(vdso_map(b, PLACE), 0);
    assert_int_equal(vspace_protect(a, PLACE, PAGE_SIZE, VMA_READ | VMA_WRITE | VMA_EXEC), 0);
    assert_int_equal(vspace_copy_in(a, PLACE + VDSO_SIGRETURN_OFFSET, &breakpoint, 4), 4);
    assert_memory_equal(page_of(a) + VDSO_SIGRETURN_OFFSET, &breakpoint, 4);
    assert_memory_not_equal(page_of(b) + VDSO_SIGRETURN_OFFSET, &breakpoint, 4);
    assert_int_equal(vspace_fork(child, b), 0);
    child->vdso = PLACE;
    assert_int_equal(vspace_fault(child, PLACE, VMA_READ), 0);
    assert_true(query(child).pa.v == query(b).pa.v);
    assert_true(query(child).pa.v != query(a).pa.v);
    vspace_put(child);
}

/* Each mapping counts the frame; the kernel's own count keeps it. */
static void the_page_outlives_its_mappings(void **state)
{
    struct frame *frame;

    assert_int_equal(vdso_map(a, PLACE), 0);
    frame = pa_to_frame(query(a).pa);
    assert_int_equal(frame->refcount, 2);
    assert_int_equal(vdso_map(b, PLACE), 0);
    assert_int_equal(frame->refcount, 3);
    assert_int_equal(vspace_unmap(a, PLACE, PAGE_SIZE), 0);
    assert_int_equal(vspace_unmap(b, PLACE, PAGE_SIZE), 0);
    assert_int_equal(frame->refcount, 1);
    assert_int_equal(vdso_map(a, PLACE), 0);
    assert_true(pa_to_frame(query(a).pa) == frame);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(programs_reckon_as_the_kernel_does),
        TEST(the_wall_clock_at_boot),
        TEST(a_step_is_seen_by_all_at_once),
        TEST(one_word_changes),
        TEST(what_the_harts_can_do),
        TEST(each_has_its_place),
        TEST(it_is_there_from_the_start),
        TEST(the_way_back_of_signal_handlers),
        TEST(its_name),
        TEST(nobody_writes_to_the_page_of_all),
        TEST(the_page_outlives_its_mappings),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
