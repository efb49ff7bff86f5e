/*
 * vfs over ramfs: names against what POSIX says, permissions, links, renames, mounts, and that
 * nothing is left when a file system goes. File bodies are in bodies_test.c. One file: a list of
 * short cases on one tree.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <prng/prng.h>
#include <vfs/lock.h>

#include "world.h"

static int setup(void **state)
{
    (void)state;
    return world_init();
}

/* ---- opening ---- */

static void test_open_flags(void **state)
{
    struct file *file;
    struct file *other;
    char buf[8];

    (void)state;
    assert_int_equal(vfs_open(CTX, NULL, "/none", O_RDONLY, 0, &file), -ENOENT);
    assert_int_equal(vfs_open(CTX, NULL, "", O_RDONLY, 0, &file), -ENOENT);
    assert_int_equal(vfs_open(CTX, NULL, "/none/", O_CREAT | O_WRONLY, 0600, &file), -EISDIR);
    assert_int_equal(vfs_open(CTX, NULL, "/", O_WRONLY, 0, &file), -EISDIR);
    assert_int_equal(write_file("/f", "hello", 5), 5);
    assert_int_equal(vfs_open(CTX, NULL, "/f", O_CREAT | O_EXCL | O_RDWR, 0600, &file), -EEXIST);
    assert_int_equal(vfs_open(CTX, NULL, "/f/", O_RDONLY, 0, &file), -ENOTDIR);
    assert_int_equal(vfs_open(CTX, NULL, "/f/x", O_RDONLY, 0, &file), -ENOTDIR);
    assert_int_equal(vfs_open(CTX, NULL, "/f", O_RDONLY | O_DIRECTORY, 0, &file), -ENOTDIR);

    assert_int_equal(vfs_open(CTX, NULL, "/f", O_RDONLY, 0, &file), 0);
    assert_int_equal(file_write(file, "x", 1), -EBADF);
    assert_int_equal(file_read(file, buf, 8), 5);
    assert_int_equal(file_read(file, buf, 8), 0);
    assert_int_equal(file_seek(file, -1, SEEK_SET), -EINVAL);
    assert_int_equal(file_seek(file, -2, SEEK_END), 3);
    assert_int_equal(file_read(file, buf, 8), 2);
    assert_memory_equal(buf, "lo", 2);

    /* O_APPEND writes at the end whatever the position is; O_TRUNC empties under a reader. */
    assert_int_equal(vfs_open(CTX, NULL, "/f", O_WRONLY | O_APPEND, 0, &other), 0);
    assert_int_equal(file_write(other, "!", 1), 1);
    assert_int_equal(file_pread(file, buf, 8, 0), 6);
    file_put(other);
    assert_int_equal(vfs_open(CTX, NULL, "/f", O_WRONLY | O_TRUNC, 0, &other), 0);
    assert_int_equal(file_pread(file, buf, 8, 0), 0);
    file_put(other);

    /* An executable that runs cannot be written, and the other way round. */
    struct file *program;

    assert_int_equal(vfs_open(CTX, NULL, "/f", O_RDONLY, 0, &program), 0);
    assert_int_equal(file_deny_write(program), 0);
    assert_int_equal(vfs_open(CTX, NULL, "/f", O_WRONLY, 0, &other), -ETXTBSY);
    file_put(program);
    assert_int_equal(vfs_open(CTX, NULL, "/f", O_WRONLY, 0, &other), 0);
    assert_int_equal(file_deny_write(file), -ETXTBSY);
    file_put(other);
    file_put(file);
    assert_int_equal(vfs_unlink(CTX, NULL, "/f"), 0);
}

static void test_unlinked_files_live_until_closed(void **state)
{
    struct file *file;
    char buf[4];

    (void)state;
    assert_int_equal(write_file("/gone", "abc", 3), 3);
    assert_int_equal(vfs_open(CTX, NULL, "/gone", O_RDWR, 0, &file), 0);
    assert_int_equal(vfs_unlink(CTX, NULL, "/gone"), 0);
    assert_int_equal(vfs_unlink(CTX, NULL, "/gone"), -ENOENT);
    assert_int_equal(file_inode(file)->nlink, 0);
    assert_int_equal(file_pread(file, buf, 4, 0), 3);
    assert_int_equal(write_file("/gone", "other", 5), 5);
    assert_int_equal(file_pread(file, buf, 4, 0), 3);
    assert_memory_equal(buf, "abc", 3);
    file_put(file);
    assert_int_equal(vfs_unlink(CTX, NULL, "/gone"), 0);
}

/* ---- names ---- */

static void test_names(void **state)
{
    char longest[NAME_MAX + 3];
    struct vfs_stat st;

    (void)state;
    assert_int_equal(vfs_mkdir(CTX, NULL, "/d", 0755), 0);
    assert_int_equal(vfs_mkdir(CTX, NULL, "/d", 0755), -EEXIST);
    assert_int_equal(vfs_mkdir(CTX, NULL, "/d/", 0755), -EEXIST);
    assert_int_equal(vfs_mkdir(CTX, NULL, "/d/.", 0755), -EEXIST);
    assert_int_equal(vfs_mkdir(CTX, NULL, "/", 0755), -EEXIST);
    assert_int_equal(vfs_mkdir(CTX, NULL, "/d/e/", 0755), 0);
    assert_int_equal(vfs_mkdir(CTX, NULL, "/d/x/y", 0755), -ENOENT);
    assert_int_equal(stat_file("/d", &st), 0);
    assert_int_equal(st.nlink, 3);
    assert_int_equal(stat_file("//d/./e/../../d//e", &st), 0);
    assert_int_equal(stat_file("/../../d", &st), 0);
    assert_int_equal(vfs_rmdir(CTX, NULL, "/d"), -ENOTEMPTY);
    assert_int_equal(vfs_rmdir(CTX, NULL, "/d/."), -EINVAL);
    assert_int_equal(vfs_rmdir(CTX, NULL, "/d/.."), -ENOTEMPTY);
    assert_int_equal(vfs_rmdir(CTX, NULL, "/"), -EBUSY);
    assert_int_equal(vfs_unlink(CTX, NULL, "/d"), -EISDIR);
    assert_int_equal(vfs_rmdir(CTX, NULL, "/d/e"), 0);
    assert_int_equal(vfs_rmdir(CTX, NULL, "/d"), 0);

    memset(longest, 'n', sizeof(longest));
    longest[0] = '/';
    longest[NAME_MAX + 1] = '\0';
    assert_int_equal(write_file(longest, "x", 1), 1);
    assert_int_equal(vfs_unlink(CTX, NULL, longest), 0);
    longest[NAME_MAX + 1] = 'n';
    longest[NAME_MAX + 2] = '\0';
    assert_int_equal(write_file(longest, "x", 1), -ENAMETOOLONG);
}

static void test_symlinks(void **state)
{
    struct vfs_stat st;
    struct path path;
    char buf[16];
    struct file *file;

    (void)state;
    assert_int_equal(vfs_mkdir(CTX, NULL, "/s", 0755), 0);
    assert_int_equal(write_file("/s/file", "data", 4), 4);
    assert_int_equal(vfs_symlink(CTX, "file", NULL, "/s/link"), 0);
    assert_int_equal(vfs_symlink(CTX, "/s", NULL, "/s/up"), 0);
    assert_int_equal(vfs_symlink(CTX, "a", NULL, "/s/b"), 0);
    assert_int_equal(vfs_symlink(CTX, "b", NULL, "/s/a"), 0);
    assert_int_equal(vfs_symlink(CTX, "", NULL, "/s/empty"), -ENOENT);
    assert_int_equal(read_file("/s/link", buf, 16), 4);
    assert_int_equal(read_file("/s/up/up/up/link", buf, 16), 4);
    assert_int_equal(read_file("/s/a", buf, 16), -ELOOP);
    assert_int_equal(read_file("/s/link/", buf, 16), -ENOTDIR);
    assert_int_equal(stat_file("/s/link", &st), 0);
    assert_true(S_ISLNK(st.mode));
    assert_int_equal(st.size, 4);
    assert_int_equal(stat_file("/s/up/", &st), 0); /* a slash behind it follows */
    assert_true(S_ISDIR(st.mode));
    assert_int_equal(vfs_lookup(CTX, NULL, "/s/link", LOOKUP_NO_FOLLOW, &path), 0);
    assert_int_equal(vfs_readlink(&path, buf, 2), 2);
    path_put(&path);
    assert_int_equal(vfs_open(CTX, NULL, "/s/link", O_RDONLY | O_NOFOLLOW, 0, &file), -ELOOP);

    /* O_CREAT goes through a link that leads nowhere; O_EXCL does not. */
    assert_int_equal(vfs_symlink(CTX, "made", NULL, "/s/dangling"), 0);
    assert_int_equal(vfs_open(CTX, NULL, "/s/dangling", O_CREAT | O_EXCL | O_WRONLY, 0600, &file),
                     -EEXIST);
    assert_int_equal(write_file("/s/dangling", "new", 3), 3);
    assert_int_equal(read_file("/s/made", buf, 16), 3);
    assert_int_equal(vfs_open(CTX, NULL, "/s/a", O_CREAT | O_WRONLY, 0600, &file), -ELOOP);

    const char *names[] = {"/s/file", "/s/link", "/s/up", "/s/a", "/s/b", "/s/dangling", "/s/made"};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        assert_int_equal(vfs_unlink(CTX, NULL, names[i]), 0);
    assert_int_equal(vfs_rmdir(CTX, NULL, "/s"), 0);
}

static void test_hard_links(void **state)
{
    struct vfs_stat st;
    struct path path;

    (void)state;
    assert_int_equal(write_file("/one", "1", 1), 1);
    assert_int_equal(vfs_lookup(CTX, NULL, "/one", 0, &path), 0);
    assert_int_equal(vfs_link(CTX, &path, NULL, "/two"), 0);
    assert_int_equal(vfs_link(CTX, &path, NULL, "/two"), -EEXIST);
    assert_int_equal(stat_file("/two", &st), 0);
    assert_int_equal(st.nlink, 2);
    assert_int_equal(vfs_unlink(CTX, NULL, "/one"), 0);
    assert_int_equal(vfs_link(CTX, &path, NULL, "/three"), 0);
    /* Renaming one name of a file onto another name of it does nothing. */
    assert_int_equal(vfs_rename(CTX, NULL, "/two", NULL, "/three", 0), 0);
    assert_int_equal(stat_file("/two", &st), 0);
    assert_int_equal(vfs_unlink(CTX, NULL, "/two"), 0);
    assert_int_equal(vfs_unlink(CTX, NULL, "/three"), 0);
    assert_int_equal(vfs_link(CTX, &path, NULL, "/four"), -ENOENT); /* no name is left */
    path_put(&path);
    assert_int_equal(vfs_lookup(CTX, NULL, "/", 0, &path), 0);
    assert_int_equal(vfs_link(CTX, &path, NULL, "/dir"), -EPERM);
    path_put(&path);
}

static void test_rename(void **state)
{
    struct vfs_stat st;
    char buf[4];
    struct file *file;

    (void)state;
    assert_int_equal(vfs_mkdir(CTX, NULL, "/r", 0755), 0);
    assert_int_equal(vfs_mkdir(CTX, NULL, "/r/a", 0755), 0);
    assert_int_equal(vfs_mkdir(CTX, NULL, "/r/a/b", 0755), 0);
    assert_int_equal(vfs_mkdir(CTX, NULL, "/r/c", 0755), 0);
    assert_int_equal(write_file("/r/f", "f", 1), 1);
    assert_int_equal(write_file("/r/g", "gg", 2), 2);
    assert_int_equal(vfs_rename(CTX, NULL, "/r/a", NULL, "/r/a/b/x", 0), -EINVAL);
    assert_int_equal(vfs_rename(CTX, NULL, "/r/a/b", NULL, "/r/a", 0), -ENOTEMPTY);
    assert_int_equal(vfs_rename(CTX, NULL, "/r/a", NULL, "/r/f", 0), -ENOTDIR);
    assert_int_equal(vfs_rename(CTX, NULL, "/r/f", NULL, "/r/a", 0), -EISDIR);
    assert_int_equal(vfs_rename(CTX, NULL, "/r/f", NULL, "/r/g", RENAME_NOREPLACE), -EEXIST);
    assert_int_equal(vfs_rename(CTX, NULL, "/r/none", NULL, "/r/g", 0), -ENOENT);
    assert_int_equal(vfs_rename(CTX, NULL, "/r/.", NULL, "/r/z", 0), -EBUSY);
    /* Over an open file: the old one lives on for who has it. */
    assert_int_equal(vfs_open(CTX, NULL, "/r/g", O_RDONLY, 0, &file), 0);
    assert_int_equal(vfs_rename(CTX, NULL, "/r/f", NULL, "/r/g", 0), 0);
    assert_int_equal(read_file("/r/g", buf, 4), 1);
    assert_int_equal(file_read(file, buf, 4), 2);
    file_put(file);
    /* Directories across directories: the link counts follow. */
    assert_int_equal(vfs_rename(CTX, NULL, "/r/a/b", NULL, "/r/c/b", 0), 0);
    assert_int_equal(stat_file("/r/a", &st), 0);
    assert_int_equal(st.nlink, 2);
    assert_int_equal(stat_file("/r/c", &st), 0);
    assert_int_equal(st.nlink, 3);
    assert_int_equal(stat_file("/r/c/b/../../g", &st), 0);
    assert_int_equal(vfs_rename(CTX, NULL, "/r/a", NULL, "/r/c/b", 0), 0);
    assert_int_equal(stat_file("/r", &st), 0);
    assert_int_equal(st.nlink, 3);
    assert_int_equal(vfs_rename(CTX, NULL, "/r/g", NULL, "/r/c", RENAME_EXCHANGE), 0);
    assert_int_equal(read_file("/r/c", buf, 4), 1);
    assert_int_equal(stat_file("/r/g/b", &st), 0);
    assert_int_equal(vfs_rmdir(CTX, NULL, "/r/g/b"), 0);
    assert_int_equal(vfs_rmdir(CTX, NULL, "/r/g"), 0);
    assert_int_equal(vfs_unlink(CTX, NULL, "/r/c"), 0);
    assert_int_equal(vfs_rmdir(CTX, NULL, "/r"), 0);
}

/* A long chain of removed directories that only its deepest keeps alive goes without recursion. */
static void test_deep_removed_chain(void **state)
{
    struct vfs_context context = vfs_kernel_context;
    struct path chain[3000];

    (void)state;
    for (int i = 0; i < 3000; i++) {
        assert_int_equal(vfs_mkdir(&context, NULL, "d", 0755), 0);
        assert_int_equal(vfs_lookup(&context, NULL, "d", 0, &chain[i]), 0);
        context.cwd = chain[i];
    }
    for (int i = 2999; i >= 0; i--) {
        context.cwd = i == 0 ? vfs_kernel_context.cwd : chain[i - 1];
        assert_int_equal(vfs_rmdir(&context, NULL, "d"), 0);
    }
    for (int i = 0; i < 2999; i++)
        path_put(&chain[i]);
    context.cwd = chain[2999];
    assert_int_equal(vfs_mkdir(&context, NULL, "late", 0755), -ENOENT);
    path_put(&chain[2999]);
}

/* ---- reading directories while they change ---- */

struct names_seen {
    struct dir_sink sink;
    int nr_max;
    int nr;
    uint8_t seen[256];
};

static bool see_name(struct dir_sink *sink, const char *name, size_t name_len, uint64_t ino,
                     unsigned dt_type, uint64_t pos)
{
    struct names_seen *ns = container_of(sink, struct names_seen, sink);

    (void)ino, (void)pos, (void)dt_type, (void)name_len;
    if (ns->nr == ns->nr_max)
        return false;
    ns->nr++;
    if (name[0] == 'n')
        ns->seen[atoi(name + 1)]++;
    return true;
}

static void test_iterate_in_pieces(void **state)
{
    struct names_seen ns = {.sink.emit = see_name};
    struct file *dir;
    char name[16];

    (void)state;
    assert_int_equal(vfs_mkdir(CTX, NULL, "/it", 0755), 0);
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof(name), "/it/n%d", i);
        assert_int_equal(write_file(name, "", 0), 0);
    }
    assert_int_equal(vfs_open(CTX, NULL, "/it", O_RDONLY | O_DIRECTORY, 0, &dir), 0);
    for (int round = 0; round < 100; round++) {
        ns.nr = 0;
        ns.nr_max = 7;
        assert_int_equal(file_iterate(dir, &ns.sink), 0);
        if (ns.nr == 0)
            break;
        /* Names behind and before the position go and come: those that stay are seen once each. */
        snprintf(name, sizeof(name), "/it/n%d", 199 - round);
        if (round < 20)
            assert_int_equal(vfs_unlink(CTX, NULL, name), 0);
    }
    for (int i = 0; i < 180; i++)
        assert_int_equal(ns.seen[i], 1);
    file_put(dir);
    for (int i = 0; i < 180; i++) {
        snprintf(name, sizeof(name), "/it/n%d", i);
        assert_int_equal(vfs_unlink(CTX, NULL, name), 0);
    }
    assert_int_equal(vfs_rmdir(CTX, NULL, "/it"), 0);
}

/* ---- permissions ---- */

static void test_permissions(void **state)
{
    const struct cred user = {.uid = 1000,
                              .euid = 1000,
                              .suid = 1000,
                              .fsuid = 1000,
                              .gid = 100,
                              .egid = 100,
                              .sgid = 100,
                              .fsgid = 100,
                              .nr_groups = 1,
                              .groups = {50}};
    struct vfs_context context = vfs_kernel_context;
    struct vfs_attr attr = {.valid = ATTR_UID | ATTR_GID, .uid = 1000, .gid = 50};
    struct file *file;
    struct path path;

    (void)state;
    context.cred = &user;
    context.umask = 027;
    assert_int_equal(write_file("/secret", "x", 1), 1);
    assert_int_equal(vfs_lookup(CTX, NULL, "/secret", 0, &path), 0);
    attr.valid |= ATTR_MODE;
    attr.mode = 0640;
    attr.uid = 0;
    assert_int_equal(vfs_setattr(&path, &cred_kernel, &attr), 0);
    assert_int_equal(vfs_open(&context, NULL, "/secret", O_RDONLY, 0, &file), 0); /* by the group */
    file_put(file);
    assert_int_equal(vfs_open(&context, NULL, "/secret", O_RDWR, 0, &file), -EACCES);
    assert_int_equal(vfs_open(&context, NULL, "/secret", O_RDONLY | O_TRUNC, 0, &file), -EACCES);
    attr = (struct vfs_attr){.valid = ATTR_MODE, .mode = 0777};
    assert_int_equal(vfs_setattr(&path, &user, &attr), -EPERM);
    assert_int_equal(vfs_access(&path, &cred_kernel, MAY_EXEC),
                     -EACCES); /* root needs an x bit, too */
    path_put(&path);

    assert_int_equal(vfs_open(&context, NULL, "/mine", O_CREAT | O_WRONLY, 0666, &file), -EACCES);
    assert_int_equal(vfs_mkdir(CTX, NULL, "/public", 01777), 0);
    assert_int_equal(vfs_lookup(CTX, NULL, "/public", 0, &path), 0);
    attr = (struct vfs_attr){.valid = ATTR_MODE, .mode = 01777};
    assert_int_equal(vfs_setattr(&path, &cred_kernel, &attr), 0);
    path_put(&path);
    /* A new file may be opened for writing though its mode says otherwise; the umask holds. */
    assert_int_equal(vfs_open(&context, NULL, "/public/mine", O_CREAT | O_WRONLY, 0466, &file), 0);
    assert_int_equal(file_inode(file)->mode & 0777, 0440);
    assert_int_equal(file_inode(file)->uid, 1000);
    file_put(file);
    assert_int_equal(write_file("/public/roots", "", 0), 0);
    assert_int_equal(vfs_unlink(&context, NULL, "/public/roots"), -EPERM); /* sticky */
    assert_int_equal(vfs_unlink(&context, NULL, "/public/mine"), 0);
    assert_int_equal(vfs_mknod(&context, NULL, "/public/dev", S_IFCHR | 0666, DEVNO(1, 3)), -EPERM);
    assert_int_equal(vfs_unlink(CTX, NULL, "/public/roots"), 0);
    assert_int_equal(vfs_rmdir(CTX, NULL, "/public"), 0);
    assert_int_equal(vfs_unlink(CTX, NULL, "/secret"), 0);
}

/* ---- mounts ---- */

static void test_mounts(void **state)
{
    struct vfs_context context = vfs_kernel_context;
    char buf[64];
    struct path path;
    struct file *file;
    bool is_reachable;
    uint64_t before;

    (void)state;
    assert_int_equal(vfs_mkdir(CTX, NULL, "/m", 0755), 0);
    before = frames_used();
    assert_int_equal(vfs_mount(CTX, "x", "/m", "nosuchfs", 0, ""), -ENODEV);
    assert_int_equal(vfs_mount(CTX, "x", "/m", "tmpfs", 0, "size=banana"), -EINVAL);
    assert_int_equal(vfs_mount(CTX, "x", "/m", "tmpfs", 0, "size=16k,mode=700"), 0);
    assert_int_equal(write_file("/m/f", "inside", 6), 6);
    /* The limit: three more pages, then no space, and what was written stays. */
    static char big[5 * 4096];
    assert_int_equal(write_file("/m/big", big, sizeof(big)), 3 * 4096);
    assert_int_equal(vfs_unlink(CTX, NULL, "/m/big"), 0);
    assert_int_equal(vfs_mkdir(CTX, NULL, "/m/sub", 0755), 0);
    assert_int_equal(vfs_mount(CTX, "y", "/m/sub", "tmpfs", MOUNT_READ_ONLY, ""), 0);
    assert_int_equal(write_file("/m/sub/f", "x", 1), -EROFS);
    assert_int_equal(vfs_rmdir(CTX, NULL, "/m/sub"), -EBUSY);
    assert_int_equal(vfs_unmount(CTX, "/m", false), -EBUSY);
    assert_int_equal(vfs_lookup(CTX, NULL, "/m/sub/..", 0, &path), 0);
    assert_string_equal(vfs_path_string(&context.root, &path, buf, sizeof(buf), &is_reachable),
                        "/m");
    path_put(&path);
    assert_int_equal(vfs_rename(CTX, NULL, "/m/f", NULL, "/f", 0), -EXDEV);
    assert_int_equal(vfs_unmount(CTX, "/m/sub", false), 0);
    assert_int_equal(vfs_open(CTX, NULL, "/m/f", O_RDONLY, 0, &file), 0);
    assert_int_equal(vfs_unmount(CTX, "/m", false), -EBUSY);
    assert_int_equal(vfs_unmount(CTX, "/m", true), 0); /* lazily: the file still works */
    assert_int_equal(file_read(file, buf, 6), 6);
    file_put(file);
    assert_int_equal(vfs_unmount(CTX, "/m", false), -EINVAL);
    assert_int_equal(vfs_unmount(CTX, "/", false), -EBUSY);

    /* ".." stops at the caller's root, also when that is chrooted into a mount. */
    assert_int_equal(vfs_mount(CTX, "x", "/m", "tmpfs", 0, ""), 0);
    assert_int_equal(vfs_lookup(CTX, NULL, "/m", 0, &context.root), 0);
    assert_int_equal(vfs_lookup(&context, NULL, "/../../..", 0, &path), 0);
    assert_true(path_is_same(&path, &context.root));
    path_put(&path);
    path_put(&context.root);
    assert_int_equal(vfs_unmount(CTX, "/m", false), 0);
    assert_int_equal(vfs_rmdir(CTX, NULL, "/m"), 0);
    assert_in_range(frames_used(), 0, before + 16); /* slabs stay, bodies do not */
}

/* ---- record locks against a byte map ---- */

#define LOCK_BYTES 64

static void test_record_locks(void **state)
{
    uint8_t held[2][LOCK_BYTES] = {{0}}; /* 0 none, 1 read, 2 write */
    int owners[2];
    struct prng prng;
    struct file *file;

    (void)state;
    prng_init(&prng, 3);
    assert_int_equal(vfs_open(CTX, NULL, "/locked", O_CREAT | O_RDWR, 0600, &file), 0);
    for (int i = 0; i < 5000; i++) {
        int who = (int)prng_below(&prng, 2);
        struct file_lock request = {.owner = &owners[who],
                                    .type = (enum file_lock_type)prng_below(&prng, 3),
                                    .first = prng_below(&prng, LOCK_BYTES)};
        bool conflict = false;

        request.last = request.first + prng_below(&prng, LOCK_BYTES - request.first);
        for (uint64_t at = request.first; at <= request.last; at++)
            if (request.type != FILE_LOCK_NONE && held[!who][at] != 0 &&
                (held[!who][at] == 2 || request.type == FILE_LOCK_WRITE))
                conflict = true;
        assert_int_equal(file_lock_set(file, &request, false), conflict ? -EAGAIN : 0);
        if (!conflict)
            memset(&held[who][request.first],
                   request.type == FILE_LOCK_NONE   ? 0
                   : request.type == FILE_LOCK_READ ? 1
                                                    : 2,
                   request.last - request.first + 1);
    }
    file_lock_close(file, &owners[0]);
    file_lock_close(file, &owners[1]);
    file_put(file);
    assert_int_equal(vfs_unlink(CTX, NULL, "/locked"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open_flags),
        cmocka_unit_test(test_unlinked_files_live_until_closed),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_symlinks),
        cmocka_unit_test(test_hard_links),
        cmocka_unit_test(test_rename),
        cmocka_unit_test(test_deep_removed_chain),
        cmocka_unit_test(test_iterate_in_pieces),
        cmocka_unit_test(test_permissions),
        cmocka_unit_test(test_mounts),
        cmocka_unit_test(test_record_locks),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
