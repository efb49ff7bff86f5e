/*
 * lib/ring against a plain queue, with the counters made to wrap.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <prng/prng.h>
#include <ring/ring.h>

#define SIZE 64

static void test_random_walk(void **state)
{
    static uint8_t queue[1 << 20];
    uint8_t buf[SIZE], out[SIZE * 2], in[SIZE * 2], byte;
    size_t first = 0, last = 0, n;
    struct ring ring;
    struct prng prng;
    const void *used_span;
    void *free_span;

    (void)state;
    prng_init(&prng, 1);
    ring_init(&ring, buf, SIZE);
    ring.head = ring.tail = UINT32_MAX - 1000; /* wraps soon */
    while (last + sizeof(in) < sizeof(queue)) {
        n = prng_below(&prng, sizeof(in));
        switch (prng_below(&prng, 8)) {
        case 0:
            byte = (uint8_t)prng_next(&prng);
            if (ring_put(&ring, byte))
                queue[last++] = byte;
            else
                assert_int_equal(last - first, SIZE);
            break;
        case 1:
            assert_int_equal(ring_get(&ring, &byte), first != last);
            if (first != last)
                assert_int_equal(byte, queue[first++]);
            break;
        case 2:
            if (ring_unput(&ring, &byte))
                assert_int_equal(byte, queue[--last]);
            break;
        case 3:
        case 4:
            prng_fill(&prng, in, n);
            assert_int_equal(ring_write(&ring, in, n), MIN(n, SIZE - (last - first)));
            n = MIN(n, SIZE - (last - first));
            memcpy(queue + last, in, n);
            last += n;
            break;
        case 5:
            assert_int_equal(ring_read(&ring, out, n), MIN(n, last - first));
            n = MIN(n, last - first);
            assert_memory_equal(out, queue + first, n);
            first += n;
            break;
        case 6:
            n = ring_write_span(&ring, &free_span);
            assert_true(n <= ring_free(&ring) && (n > 0) == !ring_is_full(&ring));
            memset(free_span, 0x5a, n);
            memset(queue + last, 0x5a, n);
            ring_commit(&ring, (uint32_t)n);
            last += n;
            break;
        default:
            n = ring_read_span(&ring, &used_span);
            assert_true(n <= ring_used(&ring) && (n > 0) == !ring_is_empty(&ring));
            assert_memory_equal(used_span, queue + first, n);
            ring_consume(&ring, (uint32_t)n);
            first += n;
        }
        assert_int_equal(ring_used(&ring), last - first);
        assert_int_equal(ring_free(&ring), SIZE - (last - first));
        if (first != last)
            assert_int_equal(ring_at(&ring, (uint32_t)(last - first) - 1), queue[last - 1]);
    }
    ring_clear(&ring);
    assert_true(ring_is_empty(&ring));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_walk)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
