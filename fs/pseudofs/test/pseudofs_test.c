/*
 * fs/pseudofs: generated texts read in pieces, at offsets and anew; what a write hands over; names
 * fixed and found; objects that go while their files are open; directories read in pieces.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <faultinject/faultinject.h>
#include <pseudofs/pseudofs.h>

#include "../../ramfs/test/world.h"

#define NR_LINES 500

static unsigned nr_shown;
static char stored[64];
static size_t stored_size;
static uint64_t gone; /* the object with this key is no more */

static int show_lines(struct seq *seq, const struct pseudo_object *object)
{
    (void)object;
    nr_shown++;
    for (unsigned i = 0; i < NR_LINES; i++)
        seq_printf(seq, "%04u-%u\n", i, nr_shown);
    return 0;
}

static int show_key(struct seq *seq, const struct pseudo_object *object)
{
    if (object->key == gone)
        return -ESRCH;
    seq_printf(seq, "%lu", (unsigned long)object->key);
    seq_putc(seq, ':');
    seq_printf(seq, "%lu", (unsigned long)object->sub);
    seq_puts(seq, object->node->context);
    seq_write(seq, "\0.", 2); /* a text may have zeros */
    return 0;
}

static ssize_t store(const struct pseudo_object *object, const char *text, size_t n)
{
    (void)object;
    assert_int_equal(text[n], '\0');
    if (n > 0 && text[0] == '!')
        return -ERANGE;
    stored_size = n;
    memcpy(stored, text, MIN(n, sizeof(stored)));
    return (ssize_t)n;
}

static ssize_t link_text(const struct pseudo_object *object, char *buf, size_t size)
{
    return snprintf(buf, size, "obj/%lu", (unsigned long)object->key);
}

static int link_root(const struct pseudo_object *object, const struct cred *cred, struct path *out)
{
    (void)object, (void)cred;
    *out = CTX->root;
    path_get(out);
    return 0;
}

static int owner(const struct pseudo_object *object, uint32_t *uid, uint32_t *gid)
{
    *uid = 1000 + (uint32_t)object->key;
    *gid = 7;
    return object->key == gone ? -ESRCH : 0;
}

static const struct pseudo_node object_nodes[] = {
    {.name = "key", .mode = S_IFREG | 0444, .show = show_key, .owner = owner, .context = "\n"},
    {.name = "self", .mode = S_IFLNK | 0777, .readlink = link_text},
    {.name = "jump", .mode = S_IFLNK | 0777, .readlink = link_text, .follow = link_root},
    {.name = NULL},
};
static const struct pseudo_node object_node = {
    .name = "*", .mode = S_IFDIR | 0555, .children = object_nodes, .owner = owner};

/* Objects 1 to 40. */
static int find_object(const struct pseudo_object *dir, const char *name, size_t name_len,
                       struct pseudo_child *out)
{
    int n = atoi(name);

    (void)dir;
    if (n < 1 || n > 40 || (uint64_t)n == gone || snprintf(NULL, 0, "%d", n) != (int)name_len)
        return -ENOENT;
    *out = (struct pseudo_child){.node = &object_node, .key = (uint64_t)n, .sub = 3};
    return 0;
}

static int next_object(const struct pseudo_object *dir, uint64_t *cursor, struct pseudo_child *out)
{
    (void)dir;
    if (*cursor + 1 == gone)
        ++*cursor;
    if (*cursor >= 40)
        return -ENOENT;
    *out = (struct pseudo_child){.node = &object_node, .key = ++*cursor, .sub = 3};
    snprintf(out->name, sizeof(out->name), "%u", (unsigned)out->key);
    return 0;
}

static const struct pseudo_node top_nodes[] = {
    {.name = "lines", .mode = S_IFREG | 0444, .show = show_lines},
    {.name = "knob", .mode = S_IFREG | 0644, .store = store},
    {.name = NULL},
};
static const struct pseudo_node root_nodes[] = {
    {.name = "top", .mode = S_IFDIR | 0555, .children = top_nodes},
    {.name = "obj", .mode = S_IFDIR | 0555, .lookup = find_object, .iterate = next_object},
    {.name = "mixed",
     .mode = S_IFDIR | 0555,
     .children = top_nodes,
     .lookup = find_object,
     .iterate = next_object},
    {.name = NULL},
};
static const struct pseudo_node root = {.name = "", .mode = S_IFDIR | 0555, .children = root_nodes};

static int mount(const struct fs_type *type, const char *source, struct inode *device,
                 unsigned flags, const char *options, struct superblock **out)
{
    (void)source, (void)device, (void)flags, (void)options;
    return pseudofs_mount(type, &root, 0x1234, out);
}
static const struct fs_type type = {.name = "pseudo", .mount = mount};

static int setup(void **state)
{
    (void)state;
    if (world_init() != 0 || fs_type_register(&type) != 0 || vfs_mkdir(CTX, NULL, "/p", 0755) != 0)
        return -1;
    return vfs_mount(CTX, "none", "/p", "pseudo", 0, "");
}

static int reset(void **state)
{
    (void)state;
    nr_shown = 0;
    gone = 0;
    return 0;
}

static struct file *open_file(const char *name, unsigned flags)
{
    struct file *file;

    assert_int_equal(vfs_open(CTX, NULL, name, flags, 0, &file), 0);
    return file;
}

/* ---- texts ---- */

static void test_read_in_pieces(void **state)
{
    struct file *file = open_file("/p/top/lines", O_RDONLY);
    char expected[NR_LINES * 7 + 1], got[sizeof(expected)];
    size_t len = 0;
    ssize_t n;

    (void)state;
    for (unsigned i = 0; i < NR_LINES; i++)
        sprintf(expected + i * 7, "%04u-1\n", i);
    assert_int_equal(nr_shown, 0); /* made at the first read */
    while ((n = file_read(file, got + len, MIN((size_t)17, sizeof(got) - len))) > 0)
        len += (size_t)n;
    assert_int_equal(n, 0);
    assert_int_equal(len, NR_LINES * 7);
    assert_memory_equal(got, expected, len);
    assert_int_equal(nr_shown, 1); /* one text for the whole of it */
    /* Offsets into the same text; at the end and far behind it there is nothing. */
    assert_int_equal(file_pread(file, got, 7, 7 * 123), 7);
    assert_memory_equal(got, "0123-1\n", 7);
    assert_int_equal(file_pread(file, got, 100, NR_LINES * 7 - 3), 3);
    assert_memory_equal(got, "-1\n", 3);
    assert_int_equal(file_pread(file, got, 1, NR_LINES * 7), 0);
    assert_int_equal(file_pread(file, got, 1, UINT64_MAX / 2), 0);
    assert_int_equal(nr_shown, 1);
    /* From the start it is made anew. */
    assert_int_equal(file_seek(file, 0, SEEK_SET), 0);
    assert_int_equal(file_read(file, got, 7), 7);
    assert_memory_equal(got, "0000-2\n", 7);
    file_put(file);
    /* The first read may begin in the middle. */
    file = open_file("/p/top/lines", O_RDONLY);
    assert_int_equal(file_pread(file, got, 7, 14), 7);
    assert_memory_equal(got, "0002-3\n", 7);
    file_put(file);
}

static void test_out_of_memory(void **state)
{
    struct file *file = open_file("/p/top/lines", O_RDONLY);
    char got[NR_LINES * 7];
    unsigned nr_failed = 0;

    (void)state;
    for (unsigned nth = 1;; nth++) {
        alloc_fail_set(nth);
        ssize_t n = file_pread(file, got, sizeof(got), 0);
        bool is_failed = alloc_fail_hits() > nr_failed;

        alloc_fail_set(0);
        if (!is_failed) {
            assert_int_equal(n, sizeof(got)); /* whole, not what had room before */
            break;
        }
        nr_failed++;
        assert_int_equal(n, -ENOMEM);
    }
    assert_true(nr_failed > 2);
    file_put(file);
}

static void test_write(void **state)
{
    struct file *file = open_file("/p/top/knob", O_RDWR);
    char big[PAGE_SIZE];

    (void)state;
    memset(big, 'b', sizeof(big));
    assert_int_equal(file_write(file, "12\n", 3), 3);
    assert_int_equal(stored_size, 3);
    assert_memory_equal(stored, "12\n", 3);
    assert_int_equal(file_seek(file, 0, SEEK_CUR), 3);
    assert_int_equal(file_write(file, "!", 1), -ERANGE); /* the function's own word */
    assert_int_equal(file_seek(file, 0, SEEK_CUR), 3);
    assert_int_equal(file_write(file, big, PAGE_SIZE - 1), PAGE_SIZE - 1);
    assert_int_equal(stored_size, PAGE_SIZE - 1);
    assert_int_equal(file_write(file, big, PAGE_SIZE), -EINVAL); /* whole or not at all */
    assert_int_equal(stored_size, PAGE_SIZE - 1);
    assert_int_equal(file_read(file, big, 1), -EINVAL); /* nothing to show */
    file_put(file);
    file = open_file("/p/top/lines", O_RDWR);
    assert_int_equal(file_write(file, "x", 1), -EINVAL);
    file_put(file);
}

/* ---- names ---- */

static void test_names(void **state)
{
    static const char *const missing[] = {"/p/nothing",  "/p/to",    "/p/topp",
                                          "/p/top/line", "/p/obj/0", "/p/obj/41",
                                          "/p/obj/1x",   "/p/top/1", "/p/obj/1/nothing"};
    struct vfs_stat st, other;
    char buf[16];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(missing); i++)
        assert_int_equal(stat_file(missing[i], &st), -ENOENT);
    assert_int_equal(stat_file("/p/top/lines/x", &st), -ENOTDIR);
    assert_int_equal(stat_file("/p/mixed/knob", &st), 0);
    assert_int_equal(stat_file("/p/mixed/40", &st), 0);
    assert_int_equal(st.uid, 1040);
    assert_int_equal(st.gid, 7);
    assert_int_equal(st.mode, S_IFDIR | 0555);
    /* A file has the same number at each walk, and another one as another object's. */
    assert_int_equal(stat_file("/p/obj/4/key", &st), 0);
    assert_int_equal(stat_file("/p/obj/4/key", &other), 0);
    assert_true(st.ino != 0 && st.ino == other.ino);
    assert_int_equal(stat_file("/p/obj/5/key", &other), 0);
    assert_true(st.ino != other.ino);
    /* Generated files cannot be created, renamed or removed. */
    assert_int_equal(vfs_mkdir(CTX, NULL, "/p/new", 0755), -EPERM);
    assert_int_equal(vfs_unlink(CTX, NULL, "/p/top/knob"), -EPERM);
    assert_int_equal(vfs_rename(CTX, NULL, "/p/top/knob", NULL, "/p/top/b", 0), -EPERM);
    /* Children inherit the object. */
    assert_int_equal(read_file("/p/obj/17/key", buf, sizeof(buf)), 7);
    assert_memory_equal(buf, "17:3\n\0.", 7);
}

static void test_links(void **state)
{
    struct path path;
    struct vfs_stat st, other;
    char buf[16];

    (void)state;
    assert_int_equal(vfs_lookup(CTX, NULL, "/p/obj/9/self", LOOKUP_NO_FOLLOW, &path), 0);
    assert_int_equal(vfs_readlink(&path, buf, sizeof(buf)), 5);
    assert_memory_equal(buf, "obj/9", 5);
    path_put(&path);
    assert_int_equal(stat_file("/p/obj/9/self/x", &st), -ENOENT); /* relative: obj/9/obj/9 */
    /* A link to an object leads there, whatever its text says. */
    assert_int_equal(stat_file("/p/obj/9/jump/p", &st), 0);
    assert_int_equal(stat_file("/p", &other), 0);
    assert_true(st.ino == other.ino && st.dev == other.dev);
}

/* Names of objects are looked up anew at each walk; an open file outlives its object. */
static void test_objects_go(void **state)
{
    struct file *file = open_file("/p/obj/6/key", O_RDONLY);
    struct file *dir = open_file("/p/obj/6", O_RDONLY | O_DIRECTORY);
    struct vfs_stat st;
    struct path path;
    char buf[16];

    (void)state;
    assert_int_equal(file_read(file, buf, 2), 2);
    gone = 6;
    assert_int_equal(stat_file("/p/obj/6", &st), -ENOENT);
    assert_int_equal(stat_file("/p/obj/7", &st), 0);
    assert_int_equal(file_read(file, buf, 4), 4); /* the text that was begun */
    assert_int_equal(file_pread(file, buf, 4, 0), -ESRCH);
    assert_int_equal(vfs_lookup(CTX, file_path(dir), "key", 0, &path), -ENOENT);
    gone = 0;
    assert_int_equal(file_pread(file, buf, 4, 0), 4);
    file_put(file);
    file_put(dir);
}

/* ---- directories ---- */

struct names {
    struct dir_sink sink;
    unsigned room;
    unsigned nr;
    char text[512];
    unsigned types; /* of all names, a bit each */
};

static bool collect(struct dir_sink *sink, const char *name, size_t name_len, uint64_t ino,
                    unsigned dt_type, uint64_t pos)
{
    struct names *names = container_of(sink, struct names, sink);

    (void)pos;
    assert_true(ino != 0);
    if (names->room == 0)
        return false;
    names->room--;
    names->nr++;
    names->types |= 1u << dt_type;
    strncat(names->text, name, name_len);
    strcat(names->text, " ");
    return true;
}

static void test_read_directory(void **state)
{
    struct file *dir = open_file("/p/mixed", O_RDONLY | O_DIRECTORY);
    struct names whole = {.sink.emit = collect, .room = 1000};

    (void)state;
    assert_int_equal(file_iterate(dir, &whole.sink), 0);
    assert_int_equal(whole.nr, 2 + 2 + 40);
    assert_memory_equal(whole.text, ". .. lines knob 1 2 3 ", 22);
    assert_int_equal(whole.types, 1u << 8 | 1u << 4); /* DT_REG, DT_DIR */
    assert_int_equal(file_iterate(dir, &whole.sink), 0);
    assert_int_equal(whole.nr, 44); /* it was at the end */
    for (unsigned step = 1; step < 8; step++) {
        struct names pieces = {.sink.emit = collect};
        unsigned before;

        assert_int_equal(file_seek(dir, 0, SEEK_SET), 0);
        do {
            before = pieces.nr;
            pieces.room = step;
            assert_int_equal(file_iterate(dir, &pieces.sink), 0);
        } while (pieces.nr > before);
        assert_string_equal(pieces.text, whole.text);
    }
    file_put(dir);
}

static void test_nothing_is_left(void **state)
{
    struct heap_stats before, after;
    struct file *file;

    (void)state;
    for (int round = 0; round < 3; round++) {
        file = open_file("/p/obj/8/key", O_RDONLY);
        assert_int_equal(file_pread(file, &(char){0}, 1, 0), 1);
        file_put(file);
        heap_stats(round == 0 ? &before : &after);
    }
    assert_int_equal(after.used_bytes, before.used_bytes);
    file = open_file("/p/obj/8/key", O_RDONLY);
    assert_int_equal(vfs_unmount(CTX, "/p", false), -EBUSY);
    file_put(file);
    assert_int_equal(vfs_unmount(CTX, "/p", false), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_read_in_pieces, reset),
        cmocka_unit_test_setup(test_out_of_memory, reset),
        cmocka_unit_test_setup(test_write, reset),
        cmocka_unit_test_setup(test_names, reset),
        cmocka_unit_test_setup(test_links, reset),
        cmocka_unit_test_setup(test_objects_go, reset),
        cmocka_unit_test_setup(test_read_directory, reset),
        cmocka_unit_test_setup(test_nothing_is_left, reset),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
