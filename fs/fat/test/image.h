/*
 * A FAT image that mkfs.fat makes and fsck.fat judges, and what tests do on it by way of the vfs. A
 * test program includes it once, after cmocka.
 */
#ifndef FAT_TEST_IMAGE_H
#define FAT_TEST_IMAGE_H

#include "disk.h"

#define CTX (&vfs_kernel_context)

static char image_path[] = "/tmp/fat_testXXXXXX";

/* ---- the host's tools ---- */

static inline int run(const char *format, ...)
{
    char command[512];
    va_list ap;

    va_start(ap, format);
    vsnprintf(command, sizeof(command), format, ap);
    va_end(ap);
    return system(command);
}

static inline void make_image(const char *options, size_t nr_kib)
{
    static uint8_t *data;
    FILE *file;

    assert_int_equal(run("rm -f %s && mkfs.fat -C %s -i 12345678 %s %zu > /dev/null 2>&1",
                         image_path, image_path, options, nr_kib),
                     0);
    data = malloc(nr_kib * 1024);
    file = fopen(image_path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(data, 1, nr_kib * 1024, file), nr_kib * 1024);
    fclose(file);
    disk_set(data, nr_kib * 1024);
    free(data);
}

static inline void save_image(void)
{
    FILE *file = fopen(image_path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(disk_data, 1, disk_size, file), disk_size);
    fclose(file);
}

static inline void expect_clean(void)
{
    save_image();
    if (run("fsck.fat -n %s > %s.log 2>&1", image_path, image_path) != 0) {
        run("cat %s.log", image_path);
        fail_msg("fsck.fat found something");
    }
    run("rm -f %s.log", image_path);
}

/* ---- helpers over the vfs ---- */

static inline int write_at(const char *path, uint64_t at, const void *data, size_t size)
{
    struct file *file;
    ssize_t ret;
    int rc = vfs_open(CTX, NULL, path, O_CREAT | O_WRONLY, 0666, &file);

    if (rc != 0)
        return rc;
    ret = file_pwrite(file, data, size, at);
    file_put(file);
    return (int)ret;
}

static inline int read_at(const char *path, uint64_t at, void *data, size_t size)
{
    struct file *file;
    ssize_t ret;
    int rc = vfs_open(CTX, NULL, path, O_RDONLY, 0, &file);

    if (rc != 0)
        return rc;
    ret = file_pread(file, data, size, at);
    file_put(file);
    return (int)ret;
}

static inline int truncate_to(const char *path, uint64_t size)
{
    struct path at;
    int rc = vfs_lookup(CTX, NULL, path, 0, &at);

    if (rc == 0) {
        rc = vfs_truncate(&at, &cred_kernel, size);
        path_put(&at);
    }
    return rc;
}

static inline int64_t size_of(const char *path)
{
    struct vfs_stat st;
    struct path at;
    int rc = vfs_lookup(CTX, NULL, path, 0, &at);

    if (rc != 0)
        return rc;
    rc = vfs_getattr(&at, &st);
    path_put(&at);
    return rc != 0 ? rc : S_ISDIR(st.mode) ? -EISDIR : (int64_t)st.size;
}

#define MAX_NAMES 400

struct listing {
    struct dir_sink sink;
    unsigned nr;
    unsigned room; /* names that fit before the sink says stop */
    char names[MAX_NAMES][NAME_MAX + 1];
};

static inline bool list_emit(struct dir_sink *sink, const char *name, size_t name_len, uint64_t ino,
                             unsigned dt_type, uint64_t pos)
{
    struct listing *l = container_of(sink, struct listing, sink);

    (void)ino;
    (void)pos;
    (void)dt_type;
    if (l->room == 0)
        return false;
    l->room--;
    assert_true(l->nr < MAX_NAMES);
    memcpy(l->names[l->nr], name, name_len);
    l->names[l->nr++][name_len] = '\0';
    return true;
}

static inline int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Sorted names without . and .., read a few at a time; a negative error. */
static inline int list_dir(const char *path, struct listing *l)
{
    struct file *file;
    unsigned before;
    int rc = vfs_open(CTX, NULL, path, O_RDONLY | O_DIRECTORY, 0, &file);

    if (rc != 0)
        return rc;
    l->sink.emit = list_emit;
    l->nr = 0;
    do {
        before = l->nr;
        l->room = 3;
        rc = file_iterate(file, &l->sink);
    } while (rc == 0 && l->nr != before);
    file_put(file);
    if (rc != 0)
        return rc;
    assert_true(l->nr >= 2);
    assert_string_equal(l->names[0], ".");
    assert_string_equal(l->names[1], "..");
    l->nr -= 2;
    memmove(l->names[0], l->names[2], l->nr * sizeof(l->names[0]));
    qsort(l->names, l->nr, sizeof(l->names[0]), compare_names);
    return (int)l->nr;
}

/* ---- fixtures ---- */

static inline int image_setup(void **state)
{
    (void)state;
    close(mkstemp(image_path));
    if (disk_system_init() != 0)
        return -1;
    return vfs_mkdir(CTX, NULL, "/model", 0755);
}

static inline int image_teardown(void **state)
{
    (void)state;
    remove(image_path);
    free(disk_data);
    return 0;
}

#endif
