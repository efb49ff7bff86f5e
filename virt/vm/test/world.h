/*
 * A hypervisor for tests of virt/vm: an initrd with images, a terminal, machines whose guests are
 * functions of the test (<vcpu/host.h>).
 */
#ifndef VM_TEST_WORLD_H
#define VM_TEST_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <base/errno.h>
#include <console/console.h>
#include <faultinject/faultinject.h>
#include <fdt/writer.h>
#include <frame/frame.h>
#include <guestdt/guestdt.h>
#include <guestset/guestset.h>
#include <heap/heap.h>
#include <host/host.h>
#include <log/log.h>
#include <platform/boot_info.h>
#include <slab/slab.h>
#include <vcpu/host.h>
#include <vm/vm.h>
#include <vsbi/vsbi.h>

#define RAM         GUESTDT_RAM_BASE
#define UART        GUESTDT_UART_BASE
#define FLASH       0x22000000ul
#define FLASH_SIZE  MIB(1)
#define HOST_FLASH  0x20000000ul
#define TEXT_OFFSET 0x200000ul
#define PAYLOAD     "the kernel's code"

static struct guest_config config;
static char shown[16384];
static size_t nr_shown;

/* --- the initrd ------------------------------------------------------------------------------- */

struct image {
    uint8_t code[8];
    uint64_t text_offset, image_size, flags;
    uint32_t version, reserved1;
    uint64_t reserved2, magic;
    uint32_t magic2, reserved3;
    char payload[64];
};

static struct image kernel = {
    .text_offset = TEXT_OFFSET, .image_size = MIB(1), .magic2 = 0x05435352, .payload = PAYLOAD};
static uint8_t ramdisk[10000], flash_image[6000];

static inline size_t pack(char *archive, size_t used, const char *name, const void *body, size_t n)
{
    used += (size_t)sprintf(archive + used,
                            "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x", 1,
                            0100644, 0, 0, 1, 0, n, 0, 0, 0, 0, strlen(name) + 1, 0);
    used += (size_t)sprintf(archive + used, "%s", name) + 1;
    used = ALIGN_UP(used, 4);
    memcpy(archive + used, body, n);
    return ALIGN_UP(used + n, 4);
}

static inline void pack_all(void)
{
    static char archive[65536];
    size_t used = 0;

    memset(archive, 0, sizeof(archive));
    used = pack(archive, used, "kernel", &kernel, sizeof(kernel));
    used = pack(archive, used, "no-image", "text", 4);
    used = pack(archive, used, "ramdisk", ramdisk, sizeof(ramdisk));
    used = pack(archive, used, "flash", flash_image, sizeof(flash_image));
    used = pack(archive, used, "TRAILER!!!", "", 0);
    assert_int_equal(guestset_open(archive, used), 0);
}

/* --- the host's machine ----------------------------------------------------------------------- */

static void show(struct console *con, const char *bytes, size_t n)
{
    n = MIN(n, sizeof(shown) - 1 - nr_shown);
    memcpy(shown + nr_shown, bytes, n);
    nr_shown += n;
    shown[nr_shown] = '\0';
}

/* One flash bank, which a guest may have. */
static inline void describe_host(void)
{
    static uint8_t tree[4096] __attribute__((aligned(8)));
    const uint64_t bank[] = {HOST_FLASH, MIB(2)};
    struct fdt_writer w;
    size_t size;

    fdt_writer_init(&w, tree, sizeof(tree));
    fdt_write_begin(&w, "");
    fdt_write_u32(&w, "#address-cells", 2);
    fdt_write_u32(&w, "#size-cells", 2);
    fdt_write_begin(&w, "flash@20000000");
    fdt_write_string(&w, "compatible", "cfi-flash");
    fdt_write_reg(&w, bank, 1);
    fdt_write_end(&w);
    fdt_write_end(&w);
    assert_int_equal(fdt_writer_finish(&w, &size), 0);
    assert_int_equal(fdt_open(&boot_info.fdt, tree, size), 0);
}

static inline int set_up(void **state)
{
    static struct console terminal = {.name = "test", .write = show};
    const struct frame_range ram = {PADDR(0x80000000), MIB(64)};
    static const struct vspace_gstage_ops ops = {.nr_vmids = 16};

    host_ram_init(ram.start, ram.size);
    if (frame_init(&ram, 1, NULL, 0) != 0 || heap_init() != 0)
        return -1;
    time_init(10000000);
    vspace_boot();
    vspace_gstage_register(&ops);
    for (size_t i = 0; i < sizeof(ramdisk); i++)
        ramdisk[i] = (uint8_t)(i * 7);
    for (size_t i = 0; i < sizeof(flash_image); i++)
        flash_image[i] = (uint8_t)(i * 5 + 1);
    describe_host();
    console_register(&terminal);
    vconsole_boot();
    return 0;
}

/* --- machines --------------------------------------------------------------------------------- */

static uint64_t nr_bytes_at_begin, nr_frames_at_begin, nr_left_at_begin;

/* MiB that no guest was promised: a machine that wants too much is told. */
static inline uint64_t nr_left(void)
{
    struct guest_config c = {.name = "huge", .memory_bytes = GIB(1), .nr_vcpus = 1, .bootargs = ""};
    const char *problem = NULL;
    unsigned long nr = 0;

    assert_null(vm_create(&c, &problem));
    assert_int_equal(sscanf(strstr(problem, ", and "), ", and %lu MiB are left", &nr), 1);
    return nr;
}

static inline uint64_t nr_used_bytes(void)
{
    struct heap_stats stats;

    heap_stats(&stats);
    return stats.used_bytes;
}

static inline uint64_t nr_free_frames(void)
{
    struct frame_stats stats;

    heap_shrink();
    slab_shrink(SIZE_MAX);
    frame_cache_drain();
    frame_stats(&stats);
    return stats.free + stats.meta;
}

static inline int begin(void **state)
{
    kernel.text_offset = TEXT_OFFSET;
    kernel.image_size = MIB(1);
    kernel.magic2 = 0x05435352;
    pack_all();
    config = (struct guest_config){.name = "web",
                                   .memory_bytes = MIB(8),
                                   .nr_vcpus = 1,
                                   .kernel = "kernel",
                                   .bootargs = "",
                                   .has_uart = true};
    nr_shown = 0;
    shown[0] = '\0';
    host_guest = NULL;
    nr_left_at_begin = nr_left();
    nr_bytes_at_begin = nr_used_bytes();
    nr_frames_at_begin = nr_free_frames();
    return 0;
}

/* Nothing of a machine is left. A page that stays is the erased one, made once for all. */
static inline int end(void **state)
{
    assert_int_equal(nr_left(), nr_left_at_begin);
    assert_int_equal(nr_used_bytes(), nr_bytes_at_begin);
    assert_in_range(nr_frames_at_begin - nr_free_frames(), 0, 1);
    return 0;
}

static inline struct vm *create(void)
{
    const char *problem = NULL;
    struct vm *vm = vm_create(&config, &problem);

    if (!vm)
        print_message("%s\n", problem);
    assert_non_null(vm);
    return vm;
}

/* Runs it with this guest; did it end in good order? */
static inline bool run(struct vm *vm, void (*guest)(struct vcpu *v))
{
    host_guest = guest;
    assert_int_equal(vm_start(vm), 0);
    return vm_join(vm);
}

static inline bool run_once(void (*guest)(struct vcpu *v))
{
    struct vm *vm = create();
    bool is_good = run(vm, guest);

    vm_destroy(vm);
    return is_good;
}

/* Was there a line of the log with these words since the last look? */
static inline bool has_logged(const char *words)
{
    static uint64_t pos;
    static char text[16384];
    size_t n = log_read(&pos, text, sizeof(text) - 1);

    text[n] = '\0';
    return strstr(text, words);
}

/* --- what guests do --------------------------------------------------------------------------- */

static inline struct host_sbi call(struct vcpu *v, uint64_t ext, uint64_t function, uint64_t a0,
                                   uint64_t a1)
{
    return host_guest_call(v, ext, function, a0, a1, 0);
}

static inline void reset(struct vcpu *v, uint64_t type, uint64_t reason)
{
    (void)call(v, SBI_EXT_SRST, SBI_SRST_RESET, type, reason);
    fail_msg("it goes on after its reset");
}

static inline void shut_down(struct vcpu *v)
{
    reset(v, SBI_RESET_SHUTDOWN, SBI_REASON_NONE);
}

static inline void write_memory(struct vcpu *v, uint64_t gpa, const void *data, size_t n)
{
    assert_int_equal(gstage_write(v->set->gstage, GPA(gpa), data, n), 0);
}

static inline void read_memory(struct vcpu *v, uint64_t gpa, void *data, size_t n)
{
    assert_int_equal(gstage_read(v->set->gstage, GPA(gpa), data, n), 0);
}

static inline uint64_t load(struct vcpu *v, uint64_t gpa, unsigned size)
{
    uint64_t value = 0;

    if (!host_guest_load(v, gpa, size, &value))
        read_memory(v, gpa, &value, size);
    return value;
}

static inline void store(struct vcpu *v, uint64_t gpa, unsigned size, uint64_t value)
{
    assert_true(host_guest_store(v, gpa, size, value));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

#endif
