/*
 * fs/fat: the same random operations on FAT and on ramfs, which must agree; fsck.fat and mtools
 * judge what is left on the disk. Then full disks and names in all spellings. Damaged images and
 * failing disks are in damage_test.c. One file: the cases share the random operations.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "image.h"

#include <prng/prng.h>

/* The trees below two directories are the same. */
static void expect_same_tree(const char *a, const char *b)
{
    struct listing *la = malloc(sizeof(*la)), *lb = malloc(sizeof(*lb));
    static uint8_t data_a[70000], data_b[70000];

    assert_true(list_dir(a, la) >= 0);
    assert_int_equal(list_dir(b, lb), la->nr);
    for (unsigned i = 0; i < la->nr; i++) {
        char path_a[1024], path_b[1024];
        int64_t size;

        assert_string_equal(la->names[i], lb->names[i]);
        snprintf(path_a, sizeof(path_a), "%s/%s", a, la->names[i]);
        snprintf(path_b, sizeof(path_b), "%s/%s", b, lb->names[i]);
        size = size_of(path_a);
        assert_int_equal(size, size_of(path_b));
        if (size == -EISDIR) {
            expect_same_tree(path_a, path_b);
            continue;
        }
        assert_true(size >= 0 && size < (int64_t)sizeof(data_a));
        assert_int_equal(read_at(path_a, 0, data_a, sizeof(data_a)), size);
        assert_int_equal(read_at(path_b, 0, data_b, sizeof(data_b)), size);
        assert_memory_equal(data_a, data_b, (size_t)size);
    }
    free(la);
    free(lb);
}

static void remove_tree(const char *path)
{
    struct listing *l = malloc(sizeof(*l));

    assert_true(list_dir(path, l) >= 0);
    for (unsigned i = 0; i < l->nr; i++) {
        char child[1024];

        snprintf(child, sizeof(child), "%s/%s", path, l->names[i]);
        if (size_of(child) == -EISDIR) {
            remove_tree(child);
            assert_int_equal(vfs_rmdir(CTX, NULL, child), 0);
        } else {
            assert_int_equal(vfs_unlink(CTX, NULL, child), 0);
        }
    }
    free(l);
}

/* ---- random operations ---- */

/* No two of these differ in case alone: ramfs would tell them apart. */
static const char *const pool[] = {
    "A",
    "b.txt",
    "README.TXT",
    "Mixed.Case",
    "a name with spaces.and.dots",
    "UPPER.low",
    ".hidden",
    "ein-sehr-langer-name-der-mehrere-stuecke-braucht-und-noch-ein-wenig-mehr.tar.gz",
    "\xc3\xa4\xc3\xb6\xc3\xbc-\xe2\x82\xac-\xf0\x9f\x98\x80",
    "TILDE~1",
    "longname-is-long",
    "x"};

static void random_path(struct prng *prng, char *relative, size_t size)
{
    unsigned depth = 1 + (unsigned)prng_below(prng, 3);

    *relative = '\0';
    for (unsigned i = 0; i < depth; i++) {
        size_t length = strlen(relative);

        snprintf(relative + length, size - length, "/%s", pool[prng_below(prng, ARRAY_SIZE(pool))]);
    }
}

static void random_step(struct prng *prng)
{
    static uint8_t data[20000], more[20000];
    char relative[512], other[512], on_fat[600], on_model[600], fat2[600], model2[600];
    uint64_t at;
    size_t size;

    random_path(prng, relative, sizeof(relative));
    random_path(prng, other, sizeof(other));
    snprintf(on_fat, sizeof(on_fat), "/mnt%s", relative);
    snprintf(on_model, sizeof(on_model), "/model%s", relative);
    snprintf(fat2, sizeof(fat2), "/mnt%s", other);
    snprintf(model2, sizeof(model2), "/model%s", other);
    at = prng_below(prng, 3) ? 0 : prng_below(prng, 40000);
    size = prng_below(prng, 2) ? prng_below(prng, 20000) : prng_below(prng, 100);
    switch (prng_below(prng, 12)) {
    case 0:
    case 1:
    case 2:
        prng_fill(prng, data, size);
        assert_int_equal(write_at(on_fat, at, data, size), write_at(on_model, at, data, size));
        break;
    case 3:
    case 4: {
        int n = read_at(on_fat, at, data, size);

        assert_int_equal(n, read_at(on_model, at, more, size));
        if (n > 0)
            assert_memory_equal(data, more, (size_t)n);
        break;
    }
    case 5:
        assert_int_equal(truncate_to(on_fat, at), truncate_to(on_model, at));
        break;
    case 6:
        assert_int_equal(vfs_unlink(CTX, NULL, on_fat), vfs_unlink(CTX, NULL, on_model));
        break;
    case 7:
    case 8:
        assert_int_equal(vfs_mkdir(CTX, NULL, on_fat, 0777), vfs_mkdir(CTX, NULL, on_model, 0777));
        break;
    case 9:
        assert_int_equal(vfs_rmdir(CTX, NULL, on_fat), vfs_rmdir(CTX, NULL, on_model));
        break;
    default: {
        unsigned flags = prng_below(prng, 4) == 0   ? RENAME_EXCHANGE
                         : prng_below(prng, 4) == 0 ? RENAME_NOREPLACE
                                                    : 0;

        assert_int_equal(vfs_rename(CTX, NULL, on_fat, NULL, fat2, flags),
                         vfs_rename(CTX, NULL, on_model, NULL, model2, flags));
    }
    }
}

/* mtools finds the same files with the same bodies. */
static void expect_mtools_agree(void)
{
    struct listing *l = malloc(sizeof(*l));
    static uint8_t data[70000], theirs[70000];

    save_image();
    assert_true(list_dir("/mnt", l) >= 0);
    for (unsigned i = 0; i < l->nr; i++) {
        char path[512];
        int64_t size;
        FILE *file;

        /* Names beyond the host tools' own character set are left to the other comparisons. */
        if (strchr(l->names[i], '\xc3') != NULL)
            continue;
        snprintf(path, sizeof(path), "/mnt/%s", l->names[i]);
        size = size_of(path);
        if (size < 0)
            continue;
        assert_int_equal(run("MTOOLS_SKIP_CHECK=1 mcopy -n -i %s '::/%s' %s.file", image_path,
                             l->names[i], image_path),
                         0);
        snprintf(path, sizeof(path), "%s.file", image_path);
        file = fopen(path, "rb");
        assert_non_null(file);
        assert_int_equal(fread(theirs, 1, sizeof(theirs), file), size);
        fclose(file);
        remove(path);
        snprintf(path, sizeof(path), "/mnt/%s", l->names[i]);
        assert_int_equal(read_at(path, 0, data, sizeof(data)), size);
        assert_memory_equal(data, theirs, (size_t)size);
    }
    free(l);
}

static void random_walk(const char *options, size_t nr_kib, uint64_t seed)
{
    struct prng prng;

    prng_init(&prng, seed);
    make_image(options, nr_kib);
    assert_int_equal(disk_mount(), 0);
    for (int round = 0; round < 4; round++) {
        for (int step = 0; step < 400; step++)
            random_step(&prng);
        expect_same_tree("/model", "/mnt");
        if (round % 2) { /* a sync leaves the disk as clean as an unmount */
            assert_int_equal(vfs_sync(), 0);
            expect_clean();
            expect_mtools_agree();
        } else {
            assert_int_equal(disk_unmount(), 0);
            expect_clean();
            assert_int_equal(disk_mount(), 0);
        }
        expect_same_tree("/model", "/mnt");
    }
    remove_tree("/mnt");
    remove_tree("/model");
    assert_int_equal(disk_unmount(), 0);
    expect_clean();
}

static void test_fat12(void **state)
{
    (void)state;
    random_walk("-F 12 -s 1", 2000, 1);
    random_walk("-F 12 -s 8", 4096, 2);
}

static void test_fat16(void **state)
{
    (void)state;
    random_walk("-F 16 -s 1", 8192, 3);
    random_walk("-F 16 -s 16", 65536, 4);
}

static void test_fat32(void **state)
{
    (void)state;
    random_walk("-F 32 -s 1", 40960, 5);
    random_walk("-F 32 -s 2 -S 1024", 140000, 6);
}

/* ---- single matters ---- */

static void test_case(void **state)
{
    struct listing *l = malloc(sizeof(*l));
    char buf[16];

    (void)state;
    make_image("-F 16", 16384);
    assert_int_equal(disk_mount(), 0);
    assert_int_equal(write_at("/mnt/Hello World.txt", 0, "hi", 2), 2);
    assert_int_equal(read_at("/mnt/HELLO world.TXT", 0, buf, 16), 2);
    assert_int_equal(write_at("/mnt/hello WORLD.txt", 2, "!", 1), 1);
    assert_int_equal(size_of("/mnt/Hello World.txt"), 3);
    assert_int_equal(read_at("/mnt/hellow~1.txt", 0, buf, 16), 3);
    assert_int_equal(vfs_mkdir(CTX, NULL, "/mnt/hello world.TXT", 0777), -EEXIST);
    assert_int_equal(list_dir("/mnt", l), 1);
    assert_string_equal(l->names[0], "Hello World.txt");
    /* Removed by another spelling, it is gone by all, also from the cache. */
    assert_int_equal(vfs_unlink(CTX, NULL, "/mnt/HELLO WORLD.TXT"), 0);
    assert_int_equal(size_of("/mnt/Hello World.txt"), -ENOENT);
    assert_int_equal(write_at("/mnt/one", 0, "1", 1), 1);
    assert_int_equal(vfs_rename(CTX, NULL, "/mnt/ONE", NULL, "/mnt/Two", 0), 0);
    assert_int_equal(size_of("/mnt/one"), -ENOENT);
    assert_int_equal(size_of("/mnt/two"), 1);
    assert_int_equal(write_at("/mnt/three", 0, "333", 3), 3);
    assert_int_equal(vfs_rename(CTX, NULL, "/mnt/three", NULL, "/mnt/TWO", 0), 0);
    assert_int_equal(size_of("/mnt/Two"), 3);
    /* A replaced file leaves its spelling. */
    assert_int_equal(list_dir("/mnt", l), 1);
    assert_string_equal(l->names[0], "Two");
    /* The same name in another spelling. */
    assert_int_equal(vfs_rename(CTX, NULL, "/mnt/two", NULL, "/mnt/tWo", 0), 0);
    assert_int_equal(list_dir("/mnt", l), 1);
    assert_string_equal(l->names[0], "tWo");
    assert_int_equal(size_of("/mnt/TWO"), 3);
    /* A directory may not move below itself, whatever it is called. */
    assert_int_equal(vfs_mkdir(CTX, NULL, "/mnt/Dir", 0777), 0);
    assert_int_equal(vfs_mkdir(CTX, NULL, "/mnt/Dir/sub", 0777), 0);
    assert_int_equal(vfs_rename(CTX, NULL, "/mnt/Dir", NULL, "/mnt/DIR/sub/x", 0), -EINVAL);
    assert_int_equal(vfs_rmdir(CTX, NULL, "/mnt/DIR"), -ENOTEMPTY);
    assert_int_equal(write_at("/mnt/Dir/f", 0, "f", 1), 1);
    assert_int_equal(vfs_unlink(CTX, NULL, "/mnt/DIR/F"), 0);
    assert_int_equal(size_of("/mnt/Dir/f"), -ENOENT);
    assert_int_equal(write_at("/mnt/Dir/a longer name", 0, "f", 1), 1);
    assert_int_equal(vfs_unlink(CTX, NULL, "/mnt/dir/alonge~1"), 0);
    assert_int_equal(size_of("/mnt/Dir/a longer name"), -ENOENT);
    assert_int_equal(vfs_mkdir(CTX, NULL, "/mnt/trailing.", 0777), -EINVAL);
    assert_int_equal(vfs_mkdir(CTX, NULL, "/mnt/qu?stion", 0777), -EINVAL);
    assert_int_equal(disk_unmount(), 0);
    expect_clean();
    free(l);
}

static void test_many_names(void **state)
{
    struct listing *l = malloc(sizeof(*l));
    char path[300];

    (void)state;
    make_image("-F 32 -s 1", 40960);
    assert_int_equal(disk_mount(), 0);
    assert_int_equal(vfs_mkdir(CTX, NULL, "/mnt/dir", 0777), 0);
    for (int i = 0; i < 300; i++) {
        snprintf(path, sizeof(path), "/mnt/dir/the same beginning %d.text", i);
        assert_int_equal(write_at(path, 0, path, (size_t)i % 7), i % 7);
    }
    /* The longest name, 255 characters, and one more. */
    memset(path, 'n', sizeof(path));
    memcpy(path, "/mnt/", 5);
    path[5 + 255] = '\0';
    assert_int_equal(write_at(path, 0, "x", 1), 1);
    path[5 + 255] = 'n';
    path[5 + 256] = '\0';
    assert_int_equal(write_at(path, 0, "x", 1), -ENAMETOOLONG);
    assert_int_equal(disk_unmount(), 0);
    expect_clean();
    assert_int_equal(disk_mount(), 0);
    assert_int_equal(list_dir("/mnt/dir", l), 300);
    assert_int_equal(list_dir("/mnt", l), 2);
    for (int i = 0; i < 300; i += 3) {
        snprintf(path, sizeof(path), "/mnt/dir/THE SAME BEGINNING %d.text", i);
        assert_int_equal(vfs_unlink(CTX, NULL, path), 0);
    }
    assert_int_equal(list_dir("/mnt/dir", l), 200);
    assert_int_equal(disk_unmount(), 0);
    expect_clean();
    free(l);
}

static void test_full(void **state)
{
    static uint8_t data[100000];
    struct vfs_statfs st;
    uint64_t nr_free;
    unsigned nr_files = 0;
    char path[64];
    int ret;

    (void)state;
    make_image("-F 12 -s 2 -r 64", 1000);
    assert_int_equal(disk_mount(), 0);
    for (int round = 0; round < 3; round++) {
        assert_int_equal(vfs_statfs(&(struct path){CTX->root.mount, CTX->root.dentry}, &st), 0);
        nr_files = 0;
        do {
            snprintf(path, sizeof(path), "/mnt/file%u", nr_files++);
            ret = write_at(path, 0, data, sizeof(data));
        } while (ret == (int)sizeof(data));
        assert_int_equal(ret, -ENOSPC);
        /* The failed write took nothing: smaller pieces still fit. */
        while (write_at(path, (uint64_t)MAX(size_of(path), 0l), data, 100) == 100) {
        }
        assert_int_equal(write_at(path, (uint64_t)size_of(path), data, 1024), -ENOSPC);
        assert_int_equal(truncate_to(path, 1 << 20), -ENOSPC);
        assert_int_equal(vfs_mkdir(CTX, NULL, "/mnt/dir", 0777), -ENOSPC);
        assert_int_equal(vfs_sync(), 0);
        expect_clean();
        for (unsigned i = 0; i < nr_files; i++) {
            snprintf(path, sizeof(path), "/mnt/file%u", i);
            assert_int_equal(vfs_unlink(CTX, NULL, path), 0);
        }
    }
    /* The fixed root directory has 64 entries, one of them perhaps the label. */
    for (nr_files = 0; nr_files < 100; nr_files++) {
        snprintf(path, sizeof(path), "/mnt/f%u", nr_files);
        if (write_at(path, 0, data, 0) != 0)
            break;
    }
    assert_in_range(nr_files, 62, 64);
    assert_int_equal(write_at(path, 0, data, 0), -ENOSPC);
    assert_int_equal(disk_unmount(), 0);
    expect_clean();
    assert_int_equal(disk_mount(), 0);
    remove_tree("/mnt");
    struct path at;

    assert_int_equal(vfs_lookup(CTX, NULL, "/mnt", 0, &at), 0);
    assert_int_equal(vfs_statfs(&at, &st), 0);
    path_put(&at);
    nr_free = st.nr_free;
    assert_int_equal(nr_free, st.nr_blocks);
    assert_int_equal(disk_unmount(), 0);
    expect_clean();
}

static void test_open_and_removed(void **state)
{
    struct file *file;
    char buf[8] = "";

    (void)state;
    make_image("-F 16", 16384);
    assert_int_equal(disk_mount(), 0);
    assert_int_equal(vfs_open(CTX, NULL, "/mnt/f", O_CREAT | O_RDWR, 0666, &file), 0);
    assert_int_equal(file_pwrite(file, "body", 4, 0), 4);
    assert_int_equal(vfs_unlink(CTX, NULL, "/mnt/f"), 0);
    assert_int_equal(write_at("/mnt/f", 0, "other", 5), 5);
    assert_int_equal(file_pwrite(file, "MORE", 4, 4), 4);
    assert_int_equal(file_pread(file, buf, 8, 0), 8);
    assert_memory_equal(buf, "bodyMORE", 8);
    assert_int_equal(disk_unmount(), -EBUSY);
    file_put(file);
    assert_int_equal(size_of("/mnt/f"), 5);
    assert_int_equal(disk_unmount(), 0);
    expect_clean();
}

static void test_times_and_modes(void **state)
{
    struct vfs_attr attr = {.valid = ATTR_MODE | ATTR_MTIME, .mode = 0444};
    struct vfs_stat st;
    struct file *file;
    struct path at;

    (void)state;
    make_image("-F 32", 70000);
    assert_int_equal(disk_mount(), 0);
    assert_int_equal(write_at("/mnt/f", 0, "x", 1), 1);
    attr.mtime_ns = 1709210096ll * (int64_t)NS_PER_SEC; /* 2024-02-29 12:34:56 */
    assert_int_equal(vfs_lookup(CTX, NULL, "/mnt/f", 0, &at), 0);
    assert_int_equal(vfs_setattr(&at, &cred_kernel, &attr), 0);
    path_put(&at);
    assert_int_equal(disk_unmount(), 0);
    save_image();
    assert_int_equal(run("mdir -i %s ::/f | grep -q '2024-02-29  12:34'", image_path), 0);
    assert_int_equal(run("mattrib -i %s ::/f | grep -q R", image_path), 0);
    assert_int_equal(disk_mount(), 0);
    assert_int_equal(vfs_lookup(CTX, NULL, "/mnt/f", 0, &at), 0);
    assert_int_equal(vfs_getattr(&at, &st), 0);
    path_put(&at);
    assert_int_equal(st.mtime_ns, attr.mtime_ns);
    assert_int_equal(st.mode, S_IFREG | 0555);
    assert_int_equal(vfs_mkdir(CTX, NULL, "/mnt/d", 0777), 0);
    assert_int_equal(vfs_symlink(CTX, "x", NULL, "/mnt/s"), -EPERM);
    assert_int_equal(vfs_open(CTX, NULL, "/mnt/big", O_CREAT | O_RDWR, 0666, &file), 0);
    assert_int_equal(file_pwrite(file, "x", 1, 0xffffffffull), -EFBIG);
    file_put(file);
    assert_int_equal(disk_unmount(), 0);
    expect_clean();
    assert_int_equal(vfs_mount(CTX, "/disk", "/mnt", "vfat", MOUNT_READ_ONLY, ""), 0);
    assert_int_equal(write_at("/mnt/new", 0, "x", 1), -EROFS);
    assert_int_equal(size_of("/mnt/f"), 1);
    assert_int_equal(disk_unmount(), 0);
    assert_int_equal(vfs_mount(CTX, "/disk", "/mnt", "vfat", 0, "uid=7,umask=077,utf8"), 0);
    assert_int_equal(vfs_lookup(CTX, NULL, "/mnt/d", 0, &at), 0);
    assert_int_equal(vfs_getattr(&at, &st), 0);
    path_put(&at);
    assert_int_equal(st.mode, S_IFDIR | 0700);
    assert_int_equal(st.uid, 7);
    assert_int_equal(disk_unmount(), 0);
    assert_int_equal(vfs_mount(CTX, "/disk", "/mnt", "vfat", 0, "nonsense"), -EINVAL);
    assert_int_equal(vfs_mount(CTX, "/disk", "/mnt", "vfat", 0, "uid=x"), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fat12),
        cmocka_unit_test(test_fat16),
        cmocka_unit_test(test_fat32),
        cmocka_unit_test(test_case),
        cmocka_unit_test(test_many_names),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_open_and_removed),
        cmocka_unit_test(test_times_and_modes),
    };

    return cmocka_run_group_tests(tests, image_setup, image_teardown);
}
