/*
 * linux/pathname: names of any length from a program, the place a name starts from, and that every
 * reference goes back.
 */
#include "../../task/test/world.h"

#include <fd/fd.h>
#include <pathname/pathname.h>

static int folder_fd, file_fd, nameless_fd;

static int open_as(const char *name, unsigned flags)
{
    struct file *file;

    if (vfs_open(CTX, NULL, name, flags, 0, &file) != 0)
        return -1;
    return fd_install_or_put(file, false);
}

static int setup(void **state)
{
    (void)state;
    if (program_world_init() != 0 || vfs_mkdir(CTX, NULL, "/folder", 0755) != 0 ||
        vfs_mkdir(CTX, NULL, "/folder/inner", 0755) != 0 || write_file("/folder/f", "x", 1) != 1 ||
        vfs_symlink(CTX, "inner", NULL, "/folder/link") != 0)
        return -1;
    folder_fd = open_as("/folder", O_RDONLY | O_DIRECTORY);
    file_fd = open_as("/folder/f", O_RDONLY);
    nameless_fd = fd_install_or_put(file_alloc(NULL, O_RDWR), false);
    return folder_fd < 0 || file_fd < 0 || nameless_fd < 0 ? -1 : 0;
}

static void a_short_name_lies_in_place(void **state)
{
    struct user_name name;

    (void)state;
    assert_int_equal(user_name_get(&name, USER("abc")), 0);
    assert_string_equal(name.text, "abc");
    assert_null(name.heap);
    user_name_put(&name);
    assert_int_equal(user_name_get(&name, USER("")), 0);
    assert_string_equal(name.text, "");
    user_name_put(&name);
    assert_int_equal(user_name_get(&name, BAD_ADDRESS), -EFAULT);
    assert_int_equal(user_name_get(&name, 0), -EFAULT);
}

/* Around the room of its own, and around PATH_MAX, which counts the NUL. */
static void a_name_of_every_length(void **state)
{
    static const size_t lengths[] = {254, 255, 256, 257, PATH_MAX - 2, PATH_MAX - 1};
    static char text[PATH_MAX + 2];
    struct heap_stats before, after;
    struct user_name name;

    (void)state;
    heap_stats(&before);
    for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
        memset(text, 'a' + (int)i, sizeof(text));
        text[lengths[i]] = '\0';
        assert_int_equal(user_name_get(&name, USER(text)), 0);
        assert_string_equal(name.text, text);
        assert_int_equal(name.heap != NULL, lengths[i] > 255);
        user_name_put(&name);
    }
    memset(text, 'z', sizeof(text));
    assert_int_equal(user_name_get(&name, USER(text)), -ENAMETOOLONG);
    assert_null(name.heap); /* nothing is left to put */
    text[PATH_MAX] = '\0';
    assert_int_equal(user_name_get(&name, USER(text)), -ENAMETOOLONG);
    heap_stats(&after);
    assert_int_equal(after.used_bytes, before.used_bytes);
}

static int find(int dirfd, const char *name, unsigned flags, uint64_t *ino)
{
    struct path path;
    int ret = path_of_user(dirfd, USER(name), flags, &path);

    if (ret != 0)
        return ret;
    *ino = path.dentry->inode->ino;
    path_put(&path);
    return 0;
}

static uint64_t ino_of(const char *name)
{
    struct vfs_stat st;

    assert_int_equal(stat_file(name, &st), 0);
    return st.ino;
}

static void where_a_name_starts(void **state)
{
    struct path folder;
    uint64_t ino;

    (void)state;
    assert_int_equal(find(folder_fd, "inner", 0, &ino), 0);
    assert_int_equal(ino, ino_of("/folder/inner"));
    assert_int_equal(find(AT_FDCWD, "inner", 0, &ino), -ENOENT);
    assert_int_equal(find(AT_FDCWD, "folder", 0, &ino), 0);
    assert_int_equal(ino, ino_of("/folder"));
    assert_int_equal(find(folder_fd, "..", 0, &ino), 0);
    assert_int_equal(ino, ino_of("/"));
    assert_int_equal(vfs_lookup(CTX, NULL, "/folder", 0, &folder), 0);
    fs_context_set_cwd(process_current()->fs, &folder);
    path_put(&folder);
    assert_int_equal(find(AT_FDCWD, "inner", 0, &ino), 0);
    assert_int_equal(ino, ino_of("/folder/inner"));
    fs_context_set_cwd(process_current()->fs, &vfs_kernel_context.root);
}

/* openat(2): dirfd counts for relative names alone. */
static void descriptors_that_are_no_directory(void **state)
{
    uint64_t ino;

    (void)state;
    assert_int_equal(find(-1, "inner", 0, &ino), -EBADF);
    assert_int_equal(find(99, "inner", 0, &ino), -EBADF);
    assert_int_equal(find(file_fd, "inner", 0, &ino), -ENOTDIR);
    assert_int_equal(find(nameless_fd, "inner", 0, &ino), -ENOTDIR);
    assert_int_equal(find(99, "/folder/inner", 0, &ino), 0);
    assert_int_equal(find(nameless_fd, "/folder/inner", 0, &ino), 0);
    assert_int_equal(find(99, "", 0, &ino), -EBADF);
}

static void the_empty_name(void **state)
{
    struct path path;
    uint64_t ino;

    (void)state;
    assert_int_equal(find(folder_fd, "", 0, &ino), -ENOENT);
    assert_int_equal(path_of_user(folder_fd, 0, 0, &path), -EFAULT);
    assert_int_equal(find(folder_fd, "", LOOKUP_EMPTY_PATH, &ino), 0);
    assert_int_equal(ino, ino_of("/folder"));
    assert_int_equal(find(file_fd, "", LOOKUP_EMPTY_PATH, &ino), 0);
    assert_int_equal(ino, ino_of("/folder/f"));
    assert_int_equal(find(AT_FDCWD, "", LOOKUP_EMPTY_PATH, &ino), 0);
    assert_int_equal(ino, ino_of("/"));
    assert_int_equal(path_of_user(file_fd, 0, LOOKUP_EMPTY_PATH, &path), 0);
    assert_int_equal(path.dentry->inode->ino, ino_of("/folder/f"));
    path_put(&path);
    assert_int_equal(path_of_user(file_fd, BAD_ADDRESS, LOOKUP_EMPTY_PATH, &path), -EFAULT);
}

static void links_are_followed_unless_asked(void **state)
{
    uint64_t ino;

    (void)state;
    assert_int_equal(find(folder_fd, "link", 0, &ino), 0);
    assert_int_equal(ino, ino_of("/folder/inner"));
    assert_int_equal(find(folder_fd, "link", LOOKUP_NO_FOLLOW, &ino), 0);
    assert_int_equal(ino, ino_of("/folder/link"));
    assert_int_equal(find(folder_fd, "f", LOOKUP_DIRECTORY, &ino), -ENOTDIR);
}

/* Between begin and end the directory is held, though its descriptor goes; afterwards nothing
 * is. */
static void a_call_holds_its_directory(void **state)
{
    struct at_call call;
    int fd;

    (void)state;
    assert_int_equal(vfs_mount(CTX, "none", "/folder/inner", "rootfs", 0, ""), 0);
    fd = open_as("/folder/inner", O_PATH);
    assert_int_equal(at_call_begin(&call, fd, USER("new"), false), 0);
    assert_int_equal(fd_close(fd), 0);
    assert_int_equal(vfs_unmount(CTX, "/folder/inner", false), -EBUSY);
    assert_int_equal(vfs_mkdir(&call.context, at_call_path(&call), call.name.text, 0755), 0);
    at_call_end(&call);
    assert_int_equal(vfs_rmdir(CTX, NULL, "/folder/inner/new"), 0);
    assert_int_equal(vfs_unmount(CTX, "/folder/inner", false), 0);

    assert_int_equal(at_call_begin(&call, AT_FDCWD, USER("new"), false), 0);
    assert_null(at_call_path(&call));
    at_call_end(&call);
    assert_int_equal(at_call_begin(&call, folder_fd, USER("/new"), false), 0);
    assert_null(at_call_path(&call));
    at_call_end(&call);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_short_name_lies_in_place),
        cmocka_unit_test(a_name_of_every_length),
        cmocka_unit_test(where_a_name_starts),
        cmocka_unit_test(descriptors_that_are_no_directory),
        cmocka_unit_test(the_empty_name),
        cmocka_unit_test(links_are_followed_unless_asked),
        cmocka_unit_test(a_call_holds_its_directory),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
