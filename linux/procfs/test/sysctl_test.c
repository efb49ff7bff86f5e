/*
 * /proc/sys and the files for tests: what can be set, by whom, to what.
 */
#include "proc.h"

#include <faultinject/faultinject.h>
#include <log/log.h>
#include <sysinfo/uname.h>

static int setup(void **state)
{
    (void)state;
    return proc_world_init();
}

static void expect_refused(const char *name, const char *const *values)
{
    char before[256];

    assert_true(proc_read(name) >= 0);
    snprintf(before, sizeof(before), "%s", text);
    for (; *values != NULL; values++)
        assert_int_equal(proc_write(name, *values), -EINVAL);
    expect(name, before);
}

/* A user is stopped by the mode; and who got the file open from root, by who it is. */
static void only_root_sets(void **state)
{
    static const char *const names[] = {"/proc/sys/kernel/hostname", "/proc/sys/kernel/domainname",
                                        "/proc/sys/kernel/printk",   "/proc/sys/vm/max_map_count",
                                        "/proc/sys/vm/drop_caches",  "/proc/fail-nth",
                                        "/proc/allocations"};
    struct file *file;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        assert_int_equal(vfs_open(CTX, NULL, names[i], O_WRONLY, 0, &file), 0);
        program_run(child);
        assert_int_equal(proc_write(names[i], "1"), -EACCES);
        assert_int_equal(file_write(file, "1", 1), -EPERM);
        program_run(init);
        file_put(file);
    }
    assert_int_equal(proc_write("/proc/sys/kernel/pid_max", "1"), -EINVAL);
    program_run(child);
    assert_int_equal(proc_write("/proc/sys/kernel/pid_max", "1"), -EACCES);
    program_run(init);
}

static void the_systems_names(void **state)
{
    struct uname now;
    char longest[80];

    (void)state;
    assert_int_equal(proc_write("/proc/sys/kernel/hostname", "here\n"), 5);
    expect("/proc/sys/kernel/hostname", "here\n");
    assert_int_equal(proc_write("/proc/sys/kernel/domainname", "there"), 5);
    expect("/proc/sys/kernel/domainname", "there\n");
    uname_get(&now);
    assert_string_equal(now.nodename, "here");
    assert_string_equal(now.domainname, "there");
    memset(longest, 'x', sizeof(longest));
    longest[65] = '\0';
    assert_int_equal(proc_write("/proc/sys/kernel/hostname", longest), -EINVAL);
    expect("/proc/sys/kernel/hostname", "here\n");
    longest[64] = '\0';
    assert_int_equal(proc_write("/proc/sys/kernel/hostname", longest), 64);
    snprintf(longest, sizeof(longest), "%s\n", now.release);
    expect("/proc/sys/kernel/osrelease", longest);
    expect("/proc/sys/kernel/ostype", "Linux\n");
}

static void levels_of_the_log(void **state)
{
    static const char *const bad[] = {"9", "x", "", "-1", "4x", NULL};
    unsigned level = log_get_level();

    (void)state;
    assert_int_equal(proc_write("/proc/sys/kernel/printk", "3\n"), 2);
    assert_int_equal(log_get_level(), 3);
    expect("/proc/sys/kernel/printk", "3\t4\t1\t7\n");
    assert_int_equal(proc_write("/proc/sys/kernel/printk", "4\t4\t1\t7\n"), 8); /* as it reads */
    assert_int_equal(log_get_level(), 4);
    expect_refused("/proc/sys/kernel/printk", bad);
    log_set_level(level);
}

static void the_number_of_mappings(void **state)
{
    static const char *const bad[] = {"2147483648", "x", "-1", "12x", "12 13", NULL};
    uint32_t before = vspace_max_vmas;

    (void)state;
    assert_int_equal(proc_write("/proc/sys/vm/max_map_count", "100\n"), 4);
    assert_int_equal(vspace_max_vmas, 100);
    expect("/proc/sys/vm/max_map_count", "100\n");
    expect_refused("/proc/sys/vm/max_map_count", bad);
    vspace_max_vmas = before;
}

static uint64_t pages_cached(void)
{
    assert_true(proc_read("/proc/vmstat") > 0);
    return strtoull(field("nr_file_pages "), NULL, 10);
}

static void caches_are_dropped(void **state)
{
    static const char *const bad[] = {"0", "5", "x", "1x", NULL};
    uint64_t before;

    (void)state;
    assert_int_equal(write_file("/kept", "kept", 4), 4); /* a ramfs has it nowhere else */
    before = pages_cached();
    for (const char *const *value = bad; *value != NULL; value++)
        assert_int_equal(proc_write("/proc/sys/vm/drop_caches", *value), -EINVAL);
    assert_int_equal(proc_write("/proc/sys/vm/drop_caches", "3\n"), 2);
    assert_int_equal(pages_cached(), before);
    assert_int_equal(read_file("/kept", text, 10), 4);
    assert_int_equal(proc_write("/proc/sys/vm/drop_caches", "4"), 1);
    program_run(child);
    assert_int_equal(proc_read("/proc/sys/vm/drop_caches"), -EACCES);
    program_run(init);
}

/* RFC 9562, version 4, variant 10. */
static void assert_uuid(const char *uuid)
{
    assert_int_equal(strlen(uuid), 37);
    for (int i = 0; i < 36; i++)
        if (i == 8 || i == 13 || i == 18 || i == 23)
            assert_int_equal(uuid[i], '-');
        else
            assert_non_null(strchr("0123456789abcdef", uuid[i]));
    assert_int_equal(uuid[14], '4');
    assert_non_null(strchr("89ab", uuid[19]));
}

static void random_names(void **state)
{
    char first[64];

    (void)state;
    assert_true(proc_read("/proc/sys/kernel/random/uuid") > 0);
    assert_uuid(text);
    strcpy(first, text);
    assert_true(proc_read("/proc/sys/kernel/random/uuid") > 0);
    assert_string_not_equal(text, first);
    assert_true(proc_read("/proc/sys/kernel/random/boot_id") > 0);
    assert_uuid(text);
    strcpy(first, text);
    expect("/proc/sys/kernel/random/boot_id", first); /* it is one boot */
}

static void constants(void **state)
{
    (void)state;
    expect("/proc/sys/kernel/pid_max", "32768\n");
    expect("/proc/sys/kernel/cap_last_cap", "40\n");
    expect("/proc/sys/vm/mmap_min_addr", "65536\n");
    expect("/proc/sys/vm/overcommit_memory", "0\n");
    expect("/proc/sys/fs/pipe-max-size", "1048576\n");
    assert_string_equal(listing("/proc/sys"), "fs kernel vm ");
}

/* A text that cannot be made for want of memory is an error, never a part of it; the next time it
 * is there. */
static void without_memory(void **state)
{
    static const char *const names[] = {"/proc/12/status", "/proc/12/limits", "/proc/12/cmdline",
                                        "/proc/mounts",    "/proc/meminfo",   "/proc/filesystems"};
    uint64_t nth;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        int size = proc_read(names[i]);
        bool has_failed = true;

        for (nth = 1; has_failed; nth++) {
            struct file *file;

            assert_int_equal(vfs_open(CTX, NULL, names[i], O_RDONLY, 0, &file), 0);
            alloc_fail_task_set(nth);
            int ret = (int)file_read(file, text, sizeof(text));

            has_failed = alloc_fail_task_left() == 0;
            alloc_fail_task_set(0);
            assert_true(ret == size || (has_failed && ret == -ENOMEM));
            assert_int_equal(file_pread(file, text, sizeof(text), 0), size);
            file_put(file);
        }
        assert_true(nth > 2); /* it needs some */
    }
}

static void failures_on_demand(void **state)
{
    (void)state;
    assert_int_equal(proc_write("/proc/fail-nth", "x"), -EINVAL);
    assert_int_equal(proc_write("/proc/fail-nth", "1000"), 4);
    assert_true(proc_read("/proc/fail-nth") > 0);
    assert_in_range(strtoull(text, NULL, 10), 900, 1000);
    assert_int_equal(proc_write("/proc/fail-nth", "0"), 1);
    expect("/proc/fail-nth", "0\n");
    assert_true(proc_read("/proc/allocations") > 0);
    assert_true(strtoull(field("frames "), NULL, 10) > 0);
    assert_int_equal(proc_write("/proc/allocations", "neither"), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_root_sets),     cmocka_unit_test(the_systems_names),
        cmocka_unit_test(levels_of_the_log),  cmocka_unit_test(the_number_of_mappings),
        cmocka_unit_test(caches_are_dropped), cmocka_unit_test(random_names),
        cmocka_unit_test(constants),          cmocka_unit_test(without_memory),
        cmocka_unit_test(failures_on_demand),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
