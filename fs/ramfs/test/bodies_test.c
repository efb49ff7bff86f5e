/*
 * Contents of files, compared with an array: random writes, truncations and holes, bodies that lie
 * in place in the initrd, the end of the largest file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <prng/prng.h>

#include "world.h"

static int setup(void **state)
{
    (void)state;
    return world_init();
}

#define MODEL_SIZE (PAGE_SIZE * 70) /* more than one node of the index */

struct body_model {
    struct file *file;
    uint8_t bytes[MODEL_SIZE];
    uint64_t size;
};

static void model_write(struct body_model *m, struct prng *prng)
{
    static uint8_t data[3 * 4096];
    uint64_t at = prng_below(prng, MODEL_SIZE - sizeof(data));
    size_t n = prng_below(prng, 4) == 0 ? prng_below(prng, sizeof(data)) : prng_below(prng, 200);

    if (prng_below(prng, 3) == 0) {
        at = ALIGN_DOWN(at, PAGE_SIZE);
        n = 2 * PAGE_SIZE;
    }
    prng_fill(prng, data, n);
    assert_int_equal(file_pwrite(m->file, data, n, at), n);
    if (n == 0)
        return;
    if (at > m->size)
        memset(m->bytes + m->size, 0, at - m->size);
    memcpy(m->bytes + at, data, n);
    m->size = MAX(m->size, at + n);
}

static void model_truncate(struct body_model *m, struct prng *prng)
{
    uint64_t size = prng_below(prng, MODEL_SIZE);

    assert_int_equal(file_truncate(m->file, size), 0);
    if (size > m->size)
        memset(m->bytes + m->size, 0, size - m->size);
    m->size = size;
}

static void model_punch(struct body_model *m, struct prng *prng)
{
    uint64_t from = prng_below(prng, MODEL_SIZE);
    uint64_t n = 1 + prng_below(prng, 3 * PAGE_SIZE);

    assert_int_equal(file_fallocate(m->file, 3, from, n), 0);
    for (uint64_t at = from; at < MIN(from + n, m->size); at++)
        m->bytes[at] = 0;
}

static void model_check(struct body_model *m, struct prng *prng)
{
    static uint8_t data[MODEL_SIZE + 1];
    uint64_t at = prng_below(prng, MODEL_SIZE);
    size_t n = prng_below(prng, MODEL_SIZE);
    size_t expected = at >= m->size ? 0 : MIN(n, m->size - at);

    assert_int_equal(file_pread(m->file, data, n, at), expected);
    assert_memory_equal(data, m->bytes + at, expected);
    assert_int_equal(file_inode(m->file)->size, m->size);
}

static void run_model(struct body_model *m, uint64_t seed, int nr_steps)
{
    struct prng prng;

    prng_init(&prng, seed);
    for (int i = 0; i < nr_steps; i++) {
        switch (prng_below(&prng, 9)) {
        case 8:
            (void)pagecache_evict(1 + prng_below(&prng, 80));
            break;
        case 0:
            model_truncate(m, &prng);
            break;
        case 1:
            model_punch(m, &prng);
            break;
        case 2:
        case 3:
        case 4:
            model_write(m, &prng);
            break;
        default:
            model_check(m, &prng);
            break;
        }
    }
}

static void test_bodies_agree_with_an_array(void **state)
{
    static struct body_model m;

    (void)state;
    m.size = 0;
    assert_int_equal(vfs_open(CTX, NULL, "/body", O_CREAT | O_RDWR, 0600, &m.file), 0);
    run_model(&m, 1, 3000);
    file_put(m.file);
    assert_int_equal(vfs_unlink(CTX, NULL, "/body"), 0);
}

/* The same with a body that lies in foreign memory, unaligned, and with one whose frames the file
 * owns. */
static void test_bodies_in_place(void **state)
{
    static struct body_model m;
    static uint8_t memory[MODEL_SIZE];
    struct prng prng;

    (void)state;
    prng_init(&prng, 7);
    for (int round = 0; round < 6; round++) {
        bool owns = round % 2 == 1;
        size_t size = 60 * PAGE_SIZE + 123;
        uint8_t *body = memory + 5;
        struct frame *frames = NULL;

        if (owns) {
            frames = frame_alloc_contig(61, 1, 0);
            assert_non_null(frames);
            body = frame_to_virt(frames);
        }
        prng_fill(&prng, body, size);
        memcpy(m.bytes, body, size);
        m.size = size;
        assert_int_equal(vfs_open(CTX, NULL, "/placed", O_CREAT | O_RDWR, 0600, &m.file), 0);
        ramfs_set_body(file_inode(m.file), body, size, owns);
        model_check(&m, &prng);
        run_model(&m, 100 + (uint64_t)round, 400);
        file_put(m.file);
        assert_int_equal(vfs_unlink(CTX, NULL, "/placed"), 0);
        if (owns)
            assert_true(
                frame_put(frames + 60)); /* the page that is not whole was never the file's */
        else
            assert_memory_not_equal(memory, m.bytes, 64); /* the memory itself was not written to */
    }
}

/* A page that was made of a body and not written to can be made again; one that was written, or
 * that fallocate promised, cannot. */
static void test_copies_go_under_pressure(void **state)
{
    static const uint8_t body[6 * PAGE_SIZE] = {1};
    struct pagecache_stats before, after;
    struct frame *frame;
    struct file *file;
    char c = 'x';

    (void)state;
    pagecache_stats(&before);
    assert_int_equal(vfs_open(CTX, NULL, "/copies", O_CREAT | O_RDWR, 0600, &file), 0);
    ramfs_set_body(file_inode(file), body, sizeof(body), false);
    for (uint64_t index = 0; index < 6; index++) {
        assert_int_equal(pagecache_get(&file_inode(file)->cache, index, 0, &frame), 0);
        frame_put(frame);
    }
    pagecache_stats(&after);
    assert_int_equal(after.nr_evictable - before.nr_evictable, 6);
    assert_int_equal(file_pwrite(file, &c, 1, PAGE_SIZE), 1);
    assert_int_equal(file_fallocate(file, 0, 2 * PAGE_SIZE, PAGE_SIZE), 0);
    assert_int_equal(file_fallocate(file, 3, 3 * PAGE_SIZE, PAGE_SIZE), 0);
    assert_int_equal(pagecache_get(&file_inode(file)->cache, 4, 0, &frame), 0);
    assert_int_equal(pagecache_evict(SIZE_MAX), 2); /* 0 and 5: somebody has 4 */
    frame_put(frame);
    assert_int_equal(pagecache_evict(SIZE_MAX), 1);
    assert_int_equal(file_inode(file)->cache.nr_pages, 3);
    assert_int_equal(file_pread(file, &c, 1, PAGE_SIZE), 1);
    assert_int_equal(c, 'x');
    assert_int_equal(file_pread(file, &c, 1, 0), 1);
    assert_int_equal(c, 1);
    file_put(file);
    assert_int_equal(vfs_unlink(CTX, NULL, "/copies"), 0);
    pagecache_stats(&after);
    assert_memory_equal(&before, &after, sizeof(before));
}

static void test_sparse_end_of_the_world(void **state)
{
    struct file *file;
    char c = 'x';

    (void)state;
    assert_int_equal(vfs_open(CTX, NULL, "/sparse", O_CREAT | O_RDWR, 0600, &file), 0);
    assert_int_equal(file_pwrite(file, &c, 1, INT64_MAX - 1), 1);
    assert_int_equal(file_pwrite(file, &c, 1, INT64_MAX), -EFBIG);
    assert_int_equal(file_inode(file)->cache.nr_pages, 1);
    c = 0;
    assert_int_equal(file_pread(file, &c, 1, INT64_MAX - 1), 1);
    assert_int_equal(c, 'x');
    assert_int_equal(file_pread(file, &c, 1, 1ull << 40), 1);
    assert_int_equal(c, 0);
    assert_int_equal(file_truncate(file, 0), 0);
    assert_int_equal(file_inode(file)->cache.nr_pages, 0);
    file_put(file);
    assert_int_equal(vfs_unlink(CTX, NULL, "/sparse"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bodies_agree_with_an_array),
        cmocka_unit_test(test_bodies_in_place),
        cmocka_unit_test(test_copies_go_under_pressure),
        cmocka_unit_test(test_sparse_end_of_the_world),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
