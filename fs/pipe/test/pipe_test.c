/*
 * fs/pipe: random transfers against a queue of bytes, at every capacity; atomic writes, ends that
 * go.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <base/errno.h>
#include <pipe/pipe.h>
#include <prng/prng.h>

#include "../../../core/file/test/world.h"

static int setup(void **state)
{
    (void)state;
    return world_init() != 0 ? -1 : pipe_init();
}

#define STREAM_SIZE (4u << 20)

static void run_random(uint64_t seed, size_t capacity)
{
    static uint8_t stream[STREAM_SIZE]; /* what is written, in order */
    static uint8_t data[3 * 65536];
    uint64_t head = 0;
    uint64_t tail = 0;
    struct file *ends[2];
    struct prng prng;

    prng_init(&prng, seed);
    prng_fill(&prng, stream, sizeof(stream));
    assert_int_equal(pipe_create(O_NONBLOCK, &ends[0], &ends[1]), 0);
    assert_int_equal(pipe_set_size(ends[1], capacity), capacity);
    while (head + sizeof(data) < sizeof(stream)) {
        size_t n =
            prng_below(&prng, 4) == 0 ? prng_below(&prng, sizeof(data)) : prng_below(&prng, 3000);

        if (prng_below(&prng, 2) == 0) {
            ssize_t ret = file_write(ends[1], stream + head, n);
            size_t room = capacity - (head - tail);

            if (n <= PIPE_BUF && n > room)
                assert_int_equal(ret, -EAGAIN); /* whole or not at all */
            else if (n > 0 && room == 0)
                assert_int_equal(ret, -EAGAIN);
            else
                assert_int_equal(ret, MIN(n, room));
            head += ret > 0 ? (size_t)ret : 0;
        } else {
            ssize_t ret = file_read(ends[0], data, n);

            if (n > 0 && head == tail) {
                assert_int_equal(ret, -EAGAIN);
                continue;
            }
            assert_int_equal(ret, MIN(n, head - tail));
            assert_memory_equal(data, stream + tail, (size_t)ret);
            tail += (size_t)ret;
        }
        if (prng_below(&prng, 50) == 0) {
            /* Another capacity in the middle keeps what is in the pipe. */
            size_t wanted = PAGE_SIZE << prng_below(&prng, 6);
            long ret = pipe_set_size(ends[0], wanted);

            if (ret > 0)
                capacity = (size_t)ret;
            else
                assert_int_equal(ret, -EBUSY);
            assert_int_equal(pipe_get_size(ends[0]), capacity);
        }
    }
    file_put(ends[0]);
    file_put(ends[1]);
}

static void test_random(void **state)
{
    uint64_t before = 0;

    (void)state;
    for (uint64_t seed = 0; seed < 8; seed++) {
        run_random(seed, PAGE_SIZE << seed % 5);
        if (seed == 0)
            before = frames_used();
    }
    assert_in_range(frames_used(), 0, before + 2); /* the ring's pages go with it */
}

static void test_ends(void **state)
{
    struct file *r;
    struct file *w;
    char c = 'x';

    (void)state;
    assert_int_equal(pipe_create(0, &r, &w), 0);
    assert_int_equal(file_poll(r, NULL), 0);
    assert_int_equal(file_poll(w, NULL), POLLOUT | POLLWRNORM);
    assert_int_equal(file_write(w, &c, 1), 1);
    assert_int_equal(file_poll(r, NULL), POLLIN | POLLRDNORM);
    assert_int_equal(file_read(w, &c, 1), -EBADF);
    assert_int_equal(file_write(r, &c, 1), -EBADF);
    assert_int_equal(file_pread(r, &c, 1, 0), -ESPIPE);
    assert_int_equal(file_seek(r, 0, SEEK_SET), -ESPIPE);
    file_put(w);
    assert_int_equal(file_poll(r, NULL), POLLIN | POLLRDNORM | POLLHUP);
    assert_int_equal(file_read(r, &c, 1), 1);
    assert_int_equal(file_read(r, &c, 1), 0); /* the end, without waiting */
    file_put(r);

    assert_int_equal(pipe_create(0, &r, &w), 0);
    file_put(r);
    assert_int_equal(file_write(w, &c, 1), -EPIPE);
    assert_true((file_poll(w, NULL) & POLLERR) != 0);
    file_put(w);
    assert_int_equal(pipe_create(0, &r, &w), 0);
    assert_int_equal(pipe_set_size(r, PIPE_MAX_SIZE + 1), -EPERM);
    file_put(r);
    file_put(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_ends),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
