/*
 * Life of a machine: what is refused before it runs, where everything lies when it boots, the ways
 * it ends, and that nothing of it stays.
 */
#include "world.h"

/* ---- what is refused ---- */

static void assert_refused(const char *words)
{
    const char *problem = NULL;

    assert_null(vm_create(&config, &problem));
    assert_non_null(strstr(problem, words));
}

static void what_the_machine_cannot_give(void **state)
{
    config.timer = GUEST_TIMER_SSTC;
    assert_refused("sstc");
    config.timer = GUEST_TIMER_BEST;
    config.memory_bytes = GIB(1);
    assert_refused("it wants 1027 MiB with its tables, and ");
    config.memory_bytes = MIB(8);
    config.nr_flash = 1;
    config.flash[0] = (struct guest_flash){GPA(FLASH), FLASH_SIZE, false, {0}, "nowhere"};
    assert_refused("its flash image is not in the initrd");
    config.flash[0] = (struct guest_flash){GPA(FLASH), MIB(1), true, PADDR(0x30000000), NULL};
    assert_refused("no flash bank");
    config.flash[0].host = PADDR(HOST_FLASH + MIB(1));
    config.flash[0].size = MIB(2); /* it begins in the bank and ends behind it */
    assert_refused("no flash bank");
}

/* What one has been promised no other gets, until the first is gone; it need not have touched it.
 */
static void memory_is_promised_once(void **state)
{
    struct vm *first;

    config.memory_bytes = MIB(40);
    first = create();
    assert_refused("it wants 41 MiB with its tables, and ");
    config.memory_bytes = MIB(1);
    vm_destroy(create());
    vm_destroy(first);
    config.memory_bytes = MIB(40);
    vm_destroy(create());
}

static void a_bank_passed_through_is_one_guests(void **state)
{
    struct vm *first, *second;

    config.nr_flash = 1;
    config.flash[0] = (struct guest_flash){GPA(FLASH), MIB(1), true, PADDR(HOST_FLASH), NULL};
    first = create();
    assert_refused("another guest's");
    config.flash[0].host = PADDR(HOST_FLASH + MIB(1)); /* the other half */
    second = create();
    vm_destroy(first);
    config.flash[0].size = MIB(2);
    config.flash[0].host = PADDR(HOST_FLASH);
    assert_refused("another guest's");
    vm_destroy(second);
    vm_destroy(create());
}

/* ---- what does not start ---- */

static void never(struct vcpu *v)
{
    fail_msg("it was started");
}

static void assert_not_started(const char *words)
{
    assert_false(run_once(never));
    assert_true(has_logged(words));
}

static void images_that_are_none(void **state)
{
    config.kernel = "nowhere";
    assert_not_started("guest web: not started: its kernel is not in the initrd");
    config.kernel = "no-image";
    assert_not_started("its kernel is no RISC-V Image");
    config.kernel = "ramdisk";
    assert_not_started("its kernel is no RISC-V Image");
    config.kernel = "kernel";
    config.ramdisk = "nowhere";
    assert_not_started("its ramdisk is not in the initrd");
}

static void images_without_room(void **state)
{
    const uint64_t room = MIB(8) - GUESTDT_SIZE_MAX;
    const uint64_t sizes[][2] = {
        {UINT64_MAX, 1}, {1, UINT64_MAX}, {room + 1, 0}, {room - 9, 200}, {0, room + 1}};

    for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
        kernel.text_offset = sizes[i][0];
        kernel.image_size = sizes[i][1];
        pack_all();
        assert_not_started("its kernel does not fit into its memory");
    }
    config.ramdisk = "ramdisk"; /* three pages, of which the kernel leaves two */
    kernel.text_offset = 0;
    kernel.image_size = room - 3 * PAGE_SIZE + 1;
    pack_all();
    assert_not_started("its ramdisk does not fit into its memory");
}

static void words_without_room(void **state)
{
    char *words = malloc(GUESTDT_SIZE_MAX);

    memset(words, 'x', GUESTDT_SIZE_MAX - 1);
    words[GUESTDT_SIZE_MAX - 1] = '\0';
    config.bootargs = words;
    assert_not_started("its bootargs are too long");
    free(words);
}

static void devices_on_top_of_each_other(void **state)
{
    config.nr_flash = 1;
    config.flash[0] = (struct guest_flash){GPA(0x10000000), FLASH_SIZE, false, {0}, NULL};
    assert_not_started("its devices overlap");
    config.flash[0].base = GPA(RAM + MIB(4));
    assert_not_started("its devices overlap");
}

/* ---- where everything lies ---- */

static uint64_t property_u64(const struct fdt *fdt, const char *node, const char *name)
{
    struct fdt_node n;
    struct fdt_prop prop;
    uint64_t value = 0;

    assert_int_equal(fdt_find_path(fdt, node, &n), 0);
    assert_int_equal(fdt_prop_find(fdt, &n, name, &prop), 0);
    for (unsigned i = 0; i < prop.size; i++)
        value = value << 8 | ((const uint8_t *)prop.value)[i];
    return value;
}

static void looks_around(struct vcpu *v)
{
    static uint8_t tree[GUESTDT_SIZE_MAX] __attribute__((aligned(8)));
    static uint8_t disk[sizeof(ramdisk)];
    const uint64_t fdt_at = RAM + MIB(8) - GUESTDT_SIZE_MAX;
    char payload[sizeof(PAYLOAD)];
    uint64_t start, end_of_disk;
    struct fdt fdt;

    assert_int_equal(v->guest.frame.pc, RAM + TEXT_OFFSET);
    assert_int_equal(v->guest.frame.x[10], 0);
    assert_int_equal(v->guest.frame.x[11], fdt_at);
    read_memory(v, RAM + TEXT_OFFSET + offsetof(struct image, payload), payload, sizeof(payload));
    assert_string_equal(payload, PAYLOAD);
    read_memory(v, fdt_at, tree, sizeof(tree));
    assert_int_equal(fdt_open(&fdt, tree, sizeof(tree)), 0);
    start = property_u64(&fdt, "/chosen", "linux,initrd-start");
    end_of_disk = property_u64(&fdt, "/chosen", "linux,initrd-end");
    assert_int_equal(end_of_disk - start, sizeof(ramdisk));
    assert_int_equal(start % PAGE_SIZE, 0);
    assert_true(end_of_disk <= fdt_at && start >= RAM + TEXT_OFFSET + MIB(1));
    read_memory(v, start, disk, sizeof(disk));
    assert_memory_equal(disk, ramdisk, sizeof(disk));
    assert_int_equal(gstage_fault(v->set->gstage, GPA(RAM - 1), VMA_READ), -EFAULT);
    assert_int_equal(gstage_fault(v->set->gstage, GPA(RAM + MIB(8)), VMA_READ), -EFAULT);
    assert_int_equal(load(v, RAM + MIB(8) - GUESTDT_SIZE_MAX - PAGE_SIZE * 4, 8), 0);
    shut_down(v);
}

static void memory_and_images(void **state)
{
    config.ramdisk = "ramdisk";
    assert_true(run_once(looks_around));
    assert_true(has_logged("guest web: powered off after "));
}

/* A kernel that fills its memory to the tree. */
static void looks_at_the_top(struct vcpu *v)
{
    assert_int_equal(v->guest.frame.pc, RAM + MIB(8) - GUESTDT_SIZE_MAX - MIB(1));
    shut_down(v);
}

static void a_kernel_that_just_fits(void **state)
{
    kernel.text_offset = MIB(8) - GUESTDT_SIZE_MAX - MIB(1);
    pack_all();
    assert_true(run_once(looks_at_the_top));
}

static void looks_for_a_uart(struct vcpu *v)
{
    uint64_t value;

    assert_false(host_guest_load(v, UART, 1, &value));
    assert_false(host_guest_load(v, GUESTDT_PLIC_BASE, 4, &value));
    shut_down(v);
}

static void without_a_uart(void **state)
{
    config.has_uart = false;
    assert_true(run_once(looks_for_a_uart));
}

/* ---- how it ends ---- */

static unsigned nr_boots;

/* In good order, after having asked for what there is not. */
static void asks_and_goes(struct vcpu *v)
{
    assert_int_equal(call(v, SBI_EXT_SRST, SBI_SRST_RESET, 3, 0).error, SBI_ERR_INVALID_PARAM);
    assert_int_equal(call(v, SBI_EXT_SRST, SBI_SRST_RESET, UINT64_MAX, 0).error,
                     SBI_ERR_INVALID_PARAM);
    assert_int_equal(call(v, SBI_EXT_SRST, SBI_SRST_RESET, 0, 2).error, SBI_ERR_INVALID_PARAM);
    assert_int_equal(call(v, SBI_EXT_SRST, 1, 0, 0).error, SBI_ERR_NOT_SUPPORTED);
    assert_int_equal(call(v, 0x0a000000, 0, 0, 0).error, SBI_ERR_NOT_SUPPORTED);
    shut_down(v);
}

static void shuts_down_the_old_way(struct vcpu *v)
{
    (void)call(v, SBI_EXT_LEGACY_SHUTDOWN, 0, 0, 0);
    fail_msg("it goes on");
}

static void says_that_it_failed(struct vcpu *v)
{
    reset(v, SBI_RESET_SHUTDOWN, SBI_REASON_FAILURE);
}

static void cannot_go_on(struct vcpu *v)
{
    host_guest_fail(v, "no trap handler");
}

static void stops_its_hart(struct vcpu *v)
{
}

static void ends(void **state)
{
    assert_true(run_once(asks_and_goes));
    assert_true(run_once(shuts_down_the_old_way));
    assert_false(run_once(says_that_it_failed));
    assert_true(has_logged("guest web: shut down, saying that it failed"));
    assert_false(run_once(cannot_go_on));
    assert_true(has_logged("guest web: stopped: no trap handler (hart 0, "));
    assert_false(run_once(stops_its_hart));
    assert_true(has_logged("guest web: stopped: none of its harts runs"));
}

/* Anew: what it had written is gone. */
static void boots_again(struct vcpu *v)
{
    assert_int_equal(load(v, RAM, 8), 0);
    write_memory(v, RAM, "old", 4);
    write_memory(v, RAM + TEXT_OFFSET, "overwritten", 12);
    if (++nr_boots < 4)
        reset(v, nr_boots % 2 ? SBI_RESET_COLD : SBI_RESET_WARM, SBI_REASON_FAILURE);
    shut_down(v);
}

static void reboots(void **state)
{
    nr_boots = 0;
    assert_true(run_once(boots_again));
    assert_int_equal(nr_boots, 4);
}

/* ---- several harts ---- */

static unsigned nr_seen;

static void each_sees_itself(struct vcpu *v)
{
    struct vcpu_set *set = v->set;

    assert_int_equal(v->guest.frame.x[10], v->id);
    nr_seen++;
    if (v->id + 1 < set->nr_vcpus) {
        assert_int_equal(set->vcpus[v->id + 1]->hart_state, SBI_HART_STOPPED);
        assert_int_equal(vcpu_hart_start(set->vcpus[v->id + 1], RAM + v->id, 77), SBI_SUCCESS);
        (void)host_guest_wait(v, GUEST_IRQ_SOFTWARE); /* for ever: the last ends all */
    }
    assert_int_equal(v->guest.frame.x[11], 77);
    shut_down(v);
}

static void one_shuts_down_for_all(void **state)
{
    nr_seen = 0;
    config.nr_vcpus = 8;
    assert_true(run_once(each_sees_itself));
    assert_int_equal(nr_seen, 8);
}

static void starts_another_and_stops(struct vcpu *v)
{
    nr_seen++;
    if (v->id == 0)
        (void)vcpu_hart_start(v->set->vcpus[1], RAM, 0);
}

static void it_lives_while_one_hart_runs(void **state)
{
    nr_seen = 0;
    config.nr_vcpus = 3;
    assert_false(run_once(starts_another_and_stops));
    assert_int_equal(nr_seen, 2);
    assert_true(has_logged("none of its harts runs"));
}

/* ---- no memory ---- */

static void waits_not(struct vcpu *v)
{
    shut_down(v);
}

/* Each allocation of its life fails once: it is not made, or ends, and all comes back (end()). */
static void without_memory(void **state)
{
    const char *problem;
    bool is_whole = false;

    config.ramdisk = "ramdisk";
    config.nr_vcpus = 2;
    config.nr_flash = 1;
    config.flash[0] = (struct guest_flash){GPA(FLASH), FLASH_SIZE, false, {0}, "flash"};
    for (uint64_t n = 1; !is_whole; n++) {
        uint64_t nr_hits = alloc_fail_hits();
        struct vm *vm;

        alloc_fail_set(n);
        vm = vm_create(&config, &problem);
        if (vm) {
            is_whole = run(vm, waits_not);
            vm_destroy(vm);
        }
        alloc_fail_set(0);
        is_whole = is_whole && alloc_fail_hits() == nr_hits;
        assert_int_equal(nr_used_bytes(), nr_bytes_at_begin);
    }
    (void)has_logged("");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_the_machine_cannot_give),
        TEST(memory_is_promised_once),
        TEST(a_bank_passed_through_is_one_guests),
        TEST(images_that_are_none),
        TEST(images_without_room),
        TEST(words_without_room),
        TEST(devices_on_top_of_each_other),
        TEST(memory_and_images),
        TEST(a_kernel_that_just_fits),
        TEST(without_a_uart),
        TEST(ends),
        TEST(reboots),
        TEST(one_shuts_down_for_all),
        TEST(it_lives_while_one_hart_runs),
        TEST(without_memory),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
