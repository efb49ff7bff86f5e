/*
 * linux/sysfs over two disks, one with a partition: what programs read there, and which names are
 * none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <percpu/percpu.h>
#include <sysfs/sysfs.h>

#include "../../../fs/ramfs/test/world.h"

#include "../../../drivers/blockdev/test/fake_disk.h"

static struct fake_disk *disks[2];

static int setup(void **state)
{
    /* MBR: one Linux partition, sectors 100 to 149 */
    static const uint8_t entry[16] = {[4] = 0x83, [8] = 100, [12] = 50};

    (void)state;
    if (world_init() != 0)
        return -1;
    disks[0] = fake_disk_new(1000, 512);
    memcpy(disks[0]->memory + 446, entry, sizeof(entry));
    memcpy(disks[0]->memory + 510, "\x55\xaa", 2);
    disks[1] = fake_disk_new(80, 4096);
    disks[1]->dev.is_read_only = true;
    if (block_scan_partitions(&disks[0]->dev) != 1 || sysfs_boot() != 0 ||
        vfs_mkdir(CTX, NULL, "/sys", 0755) != 0)
        return -1;
    return vfs_mount(CTX, "sys", "/sys", "sysfs", 0, "");
}

static void expect(const char *name, const char *text)
{
    char buf[256];
    int n = read_file(name, buf, sizeof(buf) - 1);

    assert_in_range(n, 0, sizeof(buf) - 1);
    buf[n] = '\0';
    assert_string_equal(buf, text);
}

static void test_disks(void **state)
{
    (void)state;
    expect("/sys/block/vda/size", "1000\n");
    expect("/sys/block/vdb/size", "80\n");
    expect("/sys/class/block/vda1/size", "50\n");
    expect("/sys/block/vdb/ro", "1\n");
    expect("/sys/block/vda/ro", "0\n");
    expect("/sys/block/vda/removable", "0\n");
    expect("/sys/block/vdb/queue/logical_block_size", "4096\n");
    expect("/sys/class/block/vda1/queue/logical_block_size", "512\n");
    expect("/sys/block/vda/dev", "254:0\n");
    expect("/sys/block/vdb/dev", "254:16\n");
    expect("/sys/class/block/vda1/uevent", "MAJOR=254\nMINOR=1\nDEVNAME=vda1\nDEVTYPE=partition\n");
    expect("/sys/block/vdb/uevent", "MAJOR=254\nMINOR=16\nDEVNAME=vdb\nDEVTYPE=disk\n");
}

static void test_counts(void **state)
{
    char text[128];
    uint8_t sectors[1024];
    struct block_device *dev = &disks[1]->dev;

    (void)state;
    dev->block_size = 512;
    assert_int_equal(block_read(dev, 0, sectors, 2), 0);
    assert_int_equal(block_read(dev, 7, sectors, 1), 0);
    dev->block_size = 4096;
    snprintf(text, sizeof(text), "%8u %8u %8u %8u %8u %8u %8u %8u %8u %8u %8u\n", 2, 0, 3, 0, 0, 0,
             0, 0, 0, 0, 0);
    expect("/sys/block/vdb/stat", text);
}

static void test_processors(void **state)
{
    char text[64];
    struct vfs_stat st;

    (void)state;
    snprintf(text, sizeof(text), cpu_count() > 1 ? "0-%u\n" : "%u\n", cpu_count() - 1);
    expect("/sys/devices/system/cpu/possible", text);
    expect("/sys/devices/system/cpu/present", text);
    snprintf(text, sizeof(text), "%u\n", NR_CPUS_MAX - 1);
    expect("/sys/devices/system/cpu/kernel_max", text);
    expect("/sys/devices/system/cpu/cpu0/online", cpu_is_online(0) ? "1\n" : "0\n");
    snprintf(text, sizeof(text), "/sys/devices/system/cpu/cpu%u", cpu_count());
    assert_int_equal(stat_file(text, &st), -ENOENT);
}

static void test_missing(void **state)
{
    static const char *const names[] = {"/sys/block/vdc",
                                        "/sys/block/vd",
                                        "/sys/block/vda1",
                                        "/sys/block/vdaa",
                                        "/sys/block/vda/none",
                                        "/sys/devices/system/cpu/cpu",
                                        "/sys/devices/system/cpu/cpu0x",
                                        "/sys/devices/system/cpu/cpux",
                                        "/sys/devices/system/cpu/cpu00",
                                        "/sys/devices/system/cpu/cpu4294967296",
                                        "/sys/class/tty/ttyS1"};
    struct vfs_stat st;
    struct file *file;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        assert_int_equal(stat_file(names[i], &st), -ENOENT);
    expect("/sys/class/tty/ttyS0/dev", "4:64\n");
    expect("/sys/class/tty/console/active", "ttyS0\n");
    assert_int_equal(stat_file("/sys/block/vda/size", &st), 0);
    assert_int_equal(st.mode, S_IFREG | 0444);
    assert_int_equal(vfs_open(CTX, NULL, "/sys/block/vda/size", O_RDWR, 0, &file), 0); /* root */
    assert_int_equal(file_write(file, "1", 1), -EINVAL);
    file_put(file);
}

struct names {
    struct dir_sink sink;
    char text[128];
};

static bool collect(struct dir_sink *sink, const char *name, size_t name_len, uint64_t ino,
                    unsigned dt_type, uint64_t pos)
{
    struct names *names = container_of(sink, struct names, sink);

    (void)ino, (void)dt_type, (void)pos;
    strncat(names->text, name, name_len);
    strcat(names->text, " ");
    return true;
}

static void expect_names(const char *dir, const char *text)
{
    struct names names = {.sink.emit = collect};
    struct file *file;

    assert_int_equal(vfs_open(CTX, NULL, dir, O_RDONLY | O_DIRECTORY, 0, &file), 0);
    assert_int_equal(file_iterate(file, &names.sink), 0);
    assert_string_equal(names.text, text);
    file_put(file);
}

static void test_directories(void **state)
{
    (void)state;
    expect_names("/sys/block", ". .. vda vdb ");
    expect_names("/sys/class/block", ". .. vda vdb vda1 ");
    expect_names("/sys/bus", ". .. ");
    expect_names("/sys/class/tty", ". .. console ttyS0 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_disks),       cmocka_unit_test(test_counts),
        cmocka_unit_test(test_processors),  cmocka_unit_test(test_missing),
        cmocka_unit_test(test_directories),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
