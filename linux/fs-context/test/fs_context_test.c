/*
 * Root, current directory and umask: sharing, copying, changing; and that directories are let go.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fs_context/fs_context.h>

#include "../../../fs/ramfs/test/world.h"

static struct path root, folder;

static int set_up(void **state)
{
    (void)state;
    if (world_init() != 0 || vfs_mkdir(CTX, NULL, "/folder", 0755) != 0)
        return -1;
    return vfs_lookup(CTX, NULL, "/", 0, &root) != 0 ||
           vfs_lookup(CTX, NULL, "/folder", 0, &folder) != 0;
}

static bool is_at(const struct path *a, const struct path *b)
{
    return a->mount == b->mount && a->dentry == b->dentry;
}

static void one_begins_at_the_root(void **state)
{
    struct fs_context *fs = fs_context_create(&root);

    (void)state;
    assert_true(is_at(&fs->root, &root) && is_at(&fs->cwd, &root));
    assert_int_equal(fs->umask, 022);
    fs_context_put(fs);
}

static void a_copy_goes_its_own_way(void **state)
{
    struct fs_context *fs = fs_context_create(&root), *copy;

    (void)state;
    fs->umask = 077;
    copy = fs_context_fork(fs);
    fs_context_set_cwd(copy, &folder);
    copy->umask = 0;
    assert_true(is_at(&fs->cwd, &root) && is_at(&copy->cwd, &folder));
    assert_int_equal(fs->umask, 077);
    fs_context_set_root(fs, &folder);
    assert_true(is_at(&fs->root, &folder) && is_at(&copy->root, &root));
    fs_context_put(fs);
    fs_context_put(copy);
}

static void one_that_is_shared_lives_until_its_last_count(void **state)
{
    struct fs_context *fs = fs_context_create(&root);

    (void)state;
    fs_context_get(fs);
    fs_context_set_cwd(fs, &folder);
    fs_context_put(fs);
    assert_true(is_at(&fs->cwd, &folder));
    fs_context_put(fs);
}

/* A file system that is somebody's current directory cannot be unmounted; afterwards it can. */
static void what_it_stands_in_is_busy(void **state)
{
    struct fs_context *fs = fs_context_create(&root), *copy;
    struct path inside;

    (void)state;
    assert_int_equal(vfs_mount(CTX, "none", "/folder", "rootfs", 0, ""), 0);
    assert_int_equal(vfs_lookup(CTX, NULL, "/folder", 0, &inside), 0);
    fs_context_set_cwd(fs, &inside);
    path_put(&inside);
    copy = fs_context_fork(fs);
    assert_int_equal(vfs_unmount(CTX, "/folder", false), -EBUSY);
    fs_context_put(fs);
    assert_int_equal(vfs_unmount(CTX, "/folder", false), -EBUSY);
    fs_context_set_cwd(copy, &root);
    assert_int_equal(vfs_unmount(CTX, "/folder", false), 0);
    fs_context_put(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_begins_at_the_root),
        cmocka_unit_test(a_copy_goes_its_own_way),
        cmocka_unit_test(one_that_is_shared_lives_until_its_last_count),
        cmocka_unit_test(what_it_stands_in_is_busy),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
