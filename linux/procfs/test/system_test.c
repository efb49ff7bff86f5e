/*
 * What /proc tells of the whole system: figures that must agree with each other, and lists.
 */
#include "proc.h"

#include <abi/abi.h>
#include <bootargs/bootargs.h>
#include <irq/upcalls.h>
#include <slab/slab.h>
#include <sysinfo/uname.h>

#include "../../../drivers/blockdev/test/fake_disk.h"

static struct fake_disk *disk;

static int setup(void **state)
{
    (void)state;
    bootargs_parse("one two=\"3 4\"");
    disk = fake_disk_new(2000, 512);
    return proc_world_init();
}

/* Time goes by, and what is due then is done. */
static void pass(uint64_t ns)
{
    host_ticks += ns;
    arch_irq_disable();
    time_interrupt();
    arch_irq_enable();
    thread_yield();
}

static uint64_t number_of(const char *label)
{
    return strtoull(field(label), NULL, 10);
}

/* --- memory ----------------------------------------------------------------------------------- */

static void the_memory_adds_up(void **state)
{
    static const char *const parts[] = {
        "MemFree:",    "Cached:", "AnonPages:",  "Slab:",        "KernelStack:",
        "PageTables:", "Percpu:", "KernelHeap:", "PipeBuffers:", "InitrdFiles:"};
    uint64_t sum = 0, total, lost;

    (void)state;
    assert_true(write_file("/some", text, 40000) == 40000);
    assert_true(proc_read("/proc/meminfo") > 0);
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
        sum += number_of(parts[i]);
    total = number_of("MemTotal:");
    lost = total - sum;
    assert_in_range(total, MIB(100) / 1024, MIB(128) / 1024);
    assert_in_range(number_of("Cached:"), 40, 1000);
    assert_in_range(lost, 0, 1024); /* what the caches per CPU and their like have in hand */
    assert_true(number_of("MemAvailable:") >= number_of("MemFree:"));
    assert_int_equal(number_of("SwapTotal:"), 0);
}

static void anonymous_memory_is_counted(void **state)
{
    struct vspace_map_request r = {.addr = 0x20000000,
                                   .size = MIB(1),
                                   .flags = VMA_READ | VMA_WRITE,
                                   .options = VSPACE_FIXED,
                                   .ops = &vma_anonymous};
    uint64_t before, addr;

    (void)state;
    assert_true(proc_read("/proc/meminfo") > 0);
    before = number_of("AnonPages:");
    assert_int_equal(vspace_map(child->vspace, &r, &addr), 0);
    for (uint64_t at = 0; at < MIB(1); at += PAGE_SIZE)
        assert_int_equal(vspace_copy_in(child->vspace, addr + at, "x", 1), 1);
    assert_true(proc_read("/proc/meminfo") > 0);
    assert_int_equal(number_of("AnonPages:"), before + 1024);
    assert_int_equal(vspace_unmap(child->vspace, addr, MIB(1)), 0);
    assert_true(proc_read("/proc/meminfo") > 0);
    assert_int_equal(number_of("AnonPages:"), before);
}

static void free_pages_by_order(void **state)
{
    uint64_t sum = 0, order = 0, nr_free;
    char *at;

    (void)state;
    assert_true(proc_read("/proc/meminfo") > 0);
    nr_free = number_of("MemFree:") / 4;
    assert_true(proc_read("/proc/vmstat") > 0);
    assert_int_equal(number_of("nr_free_pages "), nr_free);
    assert_true(proc_read("/proc/buddyinfo") > 0);
    at = strstr(text, "Normal");
    assert_non_null(at);
    for (at += 6; *at != '\n' && *at != '\0'; order++) {
        sum += strtoull(at, &at, 10) << order;
        at += strspn(at, " ");
    }
    /* Those in hand on a CPU have no order; what nobody has touched counts by whole blocks. */
    assert_in_range(nr_free - sum, 0, (1u << (order - 1)) + 256);
}

static void objects_by_kind(void **state)
{
    static struct slab_cache cache;
    uint64_t active, places, size, per_slab, frames, slabs;
    void *objects[100];

    (void)state;
    slab_cache_init(&cache, "proc-test", 500, 8, 0);
    for (size_t i = 0; i < ARRAY_SIZE(objects); i++)
        objects[i] = slab_alloc(&cache);
    assert_true(proc_read("/proc/slabinfo") > 0);
    assert_int_equal(sscanf(field("proc-test "),
                            "%lu %lu %lu %lu %lu : tunables 0 0 0 : slabdata %lu", &active, &places,
                            &size, &per_slab, &frames, &slabs),
                     6);
    assert_int_equal(active, 100);
    assert_true(places >= 100 && size >= 500 && slabs > 0);
    assert_in_range(per_slab * slabs, places - slabs, places + slabs);
    for (size_t i = 0; i < ARRAY_SIZE(objects); i++)
        slab_free(&cache, objects[i]);
}

/* --- time and load ---------------------------------------------------------------------------- */

static void how_long_it_runs(void **state)
{
    (void)state;
    host_ticks = 0;
    pass(12345 * NS_PER_SEC / 100 + 9999999);
    expect("/proc/uptime", "123.45 0.00\n");
}

static void loads(void **state)
{
    double load[3];

    (void)state;
    shell->leader->thread.state = THREAD_RUNNABLE;
    for (int minute = 0; minute < 60; minute++) {
        for (int i = 0; i < 12; i++)
            pass(5 * NS_PER_SEC);
        assert_true(proc_read("/proc/loadavg") > 0);
        assert_int_equal(sscanf(text, "%lf %lf %lf", &load[0], &load[1], &load[2]), 3);
        if (minute == 0) /* 1 - 1/e, 1 - 1/e^(1/5), 1 - 1/e^(1/15) */
            assert_true(load[0] > 0.60 && load[0] < 0.66 && load[1] > 0.16 && load[1] < 0.20 &&
                        load[2] > 0.04 && load[2] < 0.08);
    }
    assert_int_equal(strncmp(text, "1.00 1.00 1.00 ", 15), 0);
    assert_non_null(strstr(text, " 1/4 1\n")); /* running, of so many threads, the last number */
    shell->leader->thread.state = THREAD_NEW;
    for (int i = 0; i < 12 * 120; i++)
        pass(5 * NS_PER_SEC);
    assert_true(proc_read("/proc/loadavg") > 0);
    assert_int_equal(strncmp(text, "0.00 0.00 0.00 0/4", 18), 0);
}

static void processors(void **state)
{
    unsigned long user, system, idle;

    (void)state;
    host_ticks = 0;
    pass(10 * NS_PER_SEC);
    child->dead_utime_ns = 3 * NS_PER_SEC;
    assert_true(proc_read("/proc/stat") > 0);
    assert_int_equal(sscanf(field("cpu  "), "%lu 0 %lu %lu", &user, &system, &idle), 3);
    assert_int_equal(user, 3 * LINUX_TICK_HZ);
    assert_int_equal(system, 7 * LINUX_TICK_HZ);
    assert_int_equal(idle, 0);
    assert_int_equal(sscanf(field("cpu0 "), "%lu 0 %lu %lu", &user, &system, &idle), 3);
    assert_int_equal(user, 3 * LINUX_TICK_HZ);
    assert_true(number_of("ctxt ") > 0);
    assert_true(number_of("intr ") > 0);
    child->dead_utime_ns = 1000 * NS_PER_SEC; /* more than there was: never more than busy */
    assert_true(proc_read("/proc/stat") > 0);
    assert_int_equal(sscanf(field("cpu  "), "%lu 0 %lu", &user, &system), 2);
    assert_int_equal(user, 10 * LINUX_TICK_HZ);
    assert_int_equal(system, 0);
    child->dead_utime_ns = 0;
    assert_true(proc_read("/proc/interrupts") > 0);
    assert_true(number_of("LOC: ") > 0);
}

static void when_it_was_booted(void **state)
{
    (void)state;
    time_set_realtime_ns(1700000000 * NS_PER_SEC + time_now_ns());
    assert_true(proc_read("/proc/stat") > 0);
    assert_int_equal(number_of("btime "), 1700000000);
}

/* --- lists ------------------------------------------------------------------------------------ */

static void file_systems(void **state)
{
    (void)state;
    assert_true(proc_read("/proc/filesystems") > 0);
    (void)field("nodev\tproc");
    (void)field("nodev\trootfs");
}

static void disks(void **state)
{
    uint8_t sectors[1024];

    (void)state;
    expect("/proc/partitions", "major minor  #blocks  name\n\n 254        0       1000 vda\n");
    assert_int_equal(block_read(&disk->dev, 0, sectors, 2), 0);
    assert_int_equal(block_read(&disk->dev, 0, sectors, 1), 0);
    expect("/proc/diskstats", " 254       0 vda 2 0 3 0 0 0 0 0 0 0 0\n");
    assert_true(proc_read("/proc/devices") > 0);
    assert_non_null(strstr(text, "Character devices:\n"));
    assert_non_null(strstr(text, "\nBlock devices:\n"));
}

static void names(void **state)
{
    struct uname now;
    char line[300];

    (void)state;
    expect("/proc/cmdline", "one two=\"3 4\"\n");
    uname_get(&now);
    snprintf(line, sizeof(line), "%s version %s %s\n", now.sysname, now.release, now.version);
    expect("/proc/version", line);
    expect("/proc/swaps", "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
    assert_true(proc_read("/proc/cpuinfo") >= 0);
}

/* --- mounts ----------------------------------------------------------------------------------- */

static void mounts_and_their_names(void **state)
{
    (void)state;
    assert_int_equal(vfs_mkdir(CTX, NULL, "/a b\\c\td", 0755), 0);
    assert_int_equal(vfs_mount(CTX, "my disk", "/a b\\c\td", "rootfs", 0, ""), 0);
    expect("/proc/mounts", "rootfs / rootfs rw 0 0\nproc /proc proc rw 0 0\n"
                           "my\\040disk /a\\040b\\134c\\011d rootfs rw 0 0\n");
    assert_int_equal(vfs_unmount(CTX, "/a b\\c\td", false), 0);
    expect("/proc/self/mounts", "rootfs / rootfs rw 0 0\nproc /proc proc rw 0 0\n");
}

static void mounts_and_their_flags(void **state)
{
    const unsigned all =
        MOUNT_READ_ONLY | MOUNT_NOSUID | MOUNT_NODEV | MOUNT_NOEXEC | MOUNT_NOATIME;
    unsigned id, parent, major, minor;

    (void)state;
    assert_int_equal(vfs_mkdir(CTX, NULL, "/m", 0755), 0);
    assert_int_equal(vfs_mount(CTX, "disk", "/m", "rootfs", all, ""), 0);
    assert_true(proc_read("/proc/mounts") > 0);
    assert_string_equal(field("disk /m rootfs "), "ro,nosuid,nodev,noexec,noatime 0 0");
    assert_true(proc_read("/proc/self/mountinfo") > 0);
    assert_int_equal(sscanf(strstr(text, "\n2 ") ? strstr(text, "\n2 ") : text, "%u %u %u:%u / ",
                            &id, &parent, &major, &minor),
                     4);
    assert_non_null(strstr(text, " / /m ro,nosuid,nodev,noexec,noatime - rootfs disk "));
    assert_int_equal(vfs_unmount(CTX, "/m", false), 0);
}

/* Who is in a root of its own sees what is below, by its own names. */
static void mounts_below_ones_root(void **state)
{
    struct fs_context *fs = child->fs;
    struct path root, old = fs->root;

    (void)state;
    assert_int_equal(vfs_mkdir(CTX, NULL, "/jail", 0755), 0);
    assert_int_equal(vfs_mkdir(CTX, NULL, "/jail/in", 0755), 0);
    assert_int_equal(vfs_mount(CTX, "inner", "/jail/in", "rootfs", 0, ""), 0);
    assert_int_equal(vfs_lookup(CTX, NULL, "/jail", 0, &root), 0);
    fs->root = root;
    program_run(child);
    expect("/proc/12/mounts", "inner /in rootfs rw 0 0\n");
    program_run(init);
    fs->root = old;
    path_put(&root);
    assert_int_equal(vfs_unmount(CTX, "/jail/in", false), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_memory_adds_up),
        cmocka_unit_test(anonymous_memory_is_counted),
        cmocka_unit_test(free_pages_by_order),
        cmocka_unit_test(objects_by_kind),
        cmocka_unit_test(how_long_it_runs),
        cmocka_unit_test(loads),
        cmocka_unit_test(processors),
        cmocka_unit_test(when_it_was_booted),
        cmocka_unit_test(file_systems),
        cmocka_unit_test(disks),
        cmocka_unit_test(names),
        cmocka_unit_test(mounts_and_their_names),
        cmocka_unit_test(mounts_and_their_flags),
        cmocka_unit_test(mounts_below_ones_root),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
