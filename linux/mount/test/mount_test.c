/*
 * mount(2) and umount2(2): who may, what flags become of a mount, binding, moving and remounting,
 * and that a file system in use stays.
 */
#include "../../task/test/world.h"

#include <abi/syscalls.h>

#define MS_RDONLY      0x1u
#define MS_NOSUID      0x2u
#define MS_NODEV       0x4u
#define MS_NOEXEC      0x8u
#define MS_SYNCHRONOUS 0x10u
#define MS_REMOUNT     0x20u
#define MS_NOATIME     0x400u
#define MS_BIND        0x1000u
#define MS_MOVE        0x2000u
#define MS_PRIVATE     0x40000u
#define MS_SHARED      0x100000u
#define MS_STRICTATIME 0x1000000u
#define MS_MAGIC       0xc0ed0000u
#define MNT_DETACH     2u

static int64_t mount(const char *source, const char *target, const char *type, uint64_t flags)
{
    return sys_mount(USER(source), USER(target), USER(type), flags, 0);
}

static int64_t umount(const char *name, unsigned flags)
{
    return sys_umount2(USER(name), flags);
}

static unsigned flags_at(const char *name)
{
    struct path path;
    unsigned flags;

    assert_int_equal(vfs_lookup(CTX, NULL, name, 0, &path), 0);
    assert_ptr_equal(path.dentry, path.mount->root);
    flags = path.mount->flags;
    path_put(&path);
    return flags;
}

static int setup(void **state)
{
    (void)state;
    if (program_world_init() != 0 || vfs_mkdir(CTX, NULL, "/a", 0755) != 0 ||
        vfs_mkdir(CTX, NULL, "/b", 0755) != 0 || write_file("/file", "x", 1) != 1)
        return -1;
    return 0;
}

static void only_the_administrator_may(void **state)
{
    (void)state;
    program_become(1000);
    assert_int_equal(mount("none", "/a", "rootfs", 0), -EPERM);
    assert_int_equal(mount("none", "/a", "rootfs", ~0ull), -EPERM);
    assert_int_equal(umount("/a", 0), -EPERM);
    program_become_root();
    assert_int_equal(umount("/a", 0), -EINVAL);
}

static void bad_arguments(void **state)
{
    static char longest[PATH_MAX + 1];

    (void)state;
    memset(longest, 'n', PATH_MAX);
    assert_int_equal(mount("none", "/a", "nosuchfs", 0), -ENODEV);
    assert_int_equal(sys_mount(0, USER("/a"), 0, 0, 0), -ENODEV);
    assert_int_equal(mount("none", "/none", "rootfs", 0), -ENOENT);
    assert_int_equal(mount("none", "/file", "rootfs", 0), -ENOTDIR);
    assert_int_equal(mount("none", longest, "rootfs", 0), -ENAMETOOLONG);
    assert_int_equal(sys_mount(USER("none"), 0, USER("rootfs"), 0, 0), -EFAULT);
    assert_int_equal(sys_mount(BAD_ADDRESS, USER("/a"), USER("rootfs"), 0, 0), -EFAULT);
    assert_int_equal(sys_mount(0, USER("/a"), BAD_ADDRESS, 0, 0), -EFAULT);
    assert_int_equal(sys_mount(0, USER("/a"), USER("rootfs"), 0, BAD_ADDRESS), -EFAULT);
    assert_int_equal(mount("none", "/a", "rootfs", MS_SYNCHRONOUS), -EINVAL); /* refused by name */
    assert_int_equal(mount("none", "/a", "rootfs", 1ull << 40), -EINVAL);
    assert_int_equal(umount("/a", 0x10), -EINVAL);
    assert_int_equal(umount("/none", 0), -ENOENT);
    assert_int_equal(sys_umount2(BAD_ADDRESS, 0), -EFAULT);
    assert_int_equal(umount("/a", 0), -EINVAL); /* none of them mounted anything */
}

static void flags_of_a_mount(void **state)
{
    static const struct {
        uint64_t ms;
        unsigned flags;
    } cases[] = {
        {0, MOUNT_RELATIME},
        {MS_MAGIC | MS_NODEV, MOUNT_NODEV | MOUNT_RELATIME},
        {MS_NOSUID | MS_NODEV | MS_NOEXEC,
         MOUNT_NOSUID | MOUNT_NODEV | MOUNT_NOEXEC | MOUNT_RELATIME},
        {MS_NOATIME, MOUNT_NOATIME},
        {MS_STRICTATIME, 0},
        {MS_RDONLY, MOUNT_READ_ONLY | MOUNT_RELATIME},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_int_equal(mount("none", "/a", "rootfs", cases[i].ms), 0);
        assert_int_equal(flags_at("/a"), cases[i].flags);
        assert_int_equal(write_file("/a/f", "x", 1), cases[i].ms == MS_RDONLY ? -EROFS : 1);
        assert_int_equal(umount("/a", 0), 0);
    }
}

static void remount_changes_flags_alone(void **state)
{
    (void)state;
    assert_int_equal(mount("none", "/a", "rootfs", MS_REMOUNT), -EINVAL); /* nothing is there */
    assert_int_equal(mount("none", "/a", "rootfs", 0), 0);
    assert_int_equal(write_file("/a/f", "x", 1), 1);
    assert_int_equal(mount("none", "/a", 0, MS_REMOUNT | MS_RDONLY | MS_NOEXEC), 0);
    assert_int_equal(flags_at("/a"), MOUNT_READ_ONLY | MOUNT_NOEXEC | MOUNT_RELATIME);
    assert_int_equal(write_file("/a/f", "y", 1), -EROFS);
    assert_int_equal(mount("none", "/a", 0, MS_REMOUNT), 0);
    assert_int_equal(write_file("/a/f", "y", 1), 1);
    assert_int_equal(umount("/a", 0), 0);
}

static void binding_and_moving(void **state)
{
    struct vfs_stat st;

    (void)state;
    assert_int_equal(mount("none", "/a", "rootfs", 0), 0);
    assert_int_equal(write_file("/a/f", "x", 1), 1);
    assert_int_equal(vfs_mkdir(CTX, NULL, "/a/inner", 0755), 0);
    assert_int_equal(mount("/a", "/b", 0, MS_BIND), 0);
    assert_int_equal(stat_file("/b/f", &st), 0);
    assert_int_equal(mount("/none", "/b", 0, MS_BIND), -ENOENT);
    assert_int_equal(umount("/b", 0), 0);
    assert_int_equal(stat_file("/b/f", &st), -ENOENT);
    assert_int_equal(mount("/file", "/a/f", 0, MS_BIND), 0); /* a file upon a file */
    assert_int_equal(mount("/file", "/b", 0, MS_BIND), -ENOTDIR);
    assert_int_equal(umount("/a", 0), -EBUSY);
    assert_int_equal(umount("/a/f", 0), 0);

    assert_int_equal(mount("/a", "/a/inner", 0, MS_MOVE), -ELOOP);
    assert_int_equal(mount("/b", "/a", 0, MS_MOVE), -EINVAL); /* no mount */
    assert_int_equal(mount("/a", "/b", 0, MS_MOVE), 0);
    assert_int_equal(stat_file("/a/f", &st), -ENOENT);
    assert_int_equal(stat_file("/b/f", &st), 0);
    assert_int_equal(umount("/a", 0), -EINVAL);
    assert_int_equal(umount("/b", 0), 0);
}

/* One name space: private is what every mount is. */
static void propagation(void **state)
{
    (void)state;
    assert_int_equal(mount(0, "/", 0, MS_PRIVATE), 0);
    assert_int_equal(mount(0, "/", 0, MS_SHARED), -EINVAL);
}

static void what_is_in_use_stays(void **state)
{
    struct file *file;
    struct path inside;
    char c = 0;

    (void)state;
    assert_int_equal(umount("/", 0), -EBUSY);
    assert_int_equal(mount("none", "/a", "rootfs", 0), 0);
    assert_int_equal(write_file("/a/f", "x", 1), 1);
    assert_int_equal(vfs_open(CTX, NULL, "/a/f", O_RDONLY, 0, &file), 0);
    assert_int_equal(umount("/a", 0), -EBUSY);
    file_put(file);
    assert_int_equal(vfs_lookup(CTX, NULL, "/a", 0, &inside), 0);
    fs_context_set_cwd(process_current()->fs, &inside);
    path_put(&inside);
    assert_int_equal(umount("/a", 0), -EBUSY);
    fs_context_set_cwd(process_current()->fs, &vfs_kernel_context.root);

    /* MNT_DETACH takes it off its place at once; who has it open goes on. */
    assert_int_equal(vfs_open(CTX, NULL, "/a/f", O_RDONLY, 0, &file), 0);
    assert_int_equal(umount("/a", MNT_DETACH), 0);
    assert_int_equal(umount("/a", MNT_DETACH), -EINVAL);
    assert_int_equal(file_pread(file, &c, 1, 0), 1);
    assert_int_equal(c, 'x');
    file_put(file);
    assert_int_equal(vfs_rmdir(CTX, NULL, "/a"), 0);
    assert_int_equal(vfs_mkdir(CTX, NULL, "/a", 0755), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_administrator_may), cmocka_unit_test(bad_arguments),
        cmocka_unit_test(flags_of_a_mount),           cmocka_unit_test(remount_changes_flags_alone),
        cmocka_unit_test(binding_and_moving),         cmocka_unit_test(propagation),
        cmocka_unit_test(what_is_in_use_stays),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
