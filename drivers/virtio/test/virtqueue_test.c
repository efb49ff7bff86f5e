#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <base/errno.h>

#include "model_device.h"

#define SIZE 8

static struct virtio_device vdev;
static struct virtqueue vq;
static struct virtqueue_slot slots[SIZE];
static struct model_queue device;
static char *rings;

/* The exact number of bytes, so that an access behind them is seen. */
static void begin(uint64_t features)
{
    vdev = (struct virtio_device){.features = features};
    assert_int_equal(posix_memalign((void **)&rings, 16, virtqueue_ring_bytes(SIZE)), 0);
    memset(rings, 0, virtqueue_ring_bytes(SIZE));
    virtqueue_init(&vq, &vdev, 0, SIZE, rings, slots);
    model_queue_init(&device, &vq);
}

static void end(void)
{
    free(rings);
}

static int add(unsigned nr_out, unsigned nr_in, void *token, struct virtqueue_desc *table)
{
    static char memory[64][16];
    struct virtio_buffer buffers[64];

    for (unsigned i = 0; i < nr_out + nr_in; i++)
        buffers[i] = (struct virtio_buffer){memory[i], i + 1};
    return virtqueue_add(&vq, buffers, nr_out, nr_in, token, table);
}

static const uint64_t feature_sets[] = {0, VIRTIO_F_EVENT_IDX, VIRTIO_F_INDIRECT_DESC,
                                        VIRTIO_F_EVENT_IDX | VIRTIO_F_INDIRECT_DESC};

static void chain_arrives_as_it_was_added(void **state)
{
    for (unsigned f = 0; f < ARRAY_SIZE(feature_sets); f++) {
        struct virtqueue_desc table[8] ALIGNED(16);
        struct model_chain chain;
        uint32_t len;
        int token;

        begin(feature_sets[f]);
        assert_int_equal(add(2, 3, &token, table), 0);
        assert_int_equal(vq.nr_free, vq.has_indirect ? SIZE - 1 : SIZE - 5);
        assert_true(model_take(&device, &chain));
        assert_false(model_take(&device, &chain));
        device.next_avail = 0;
        assert_true(model_take(&device, &chain));
        assert_int_equal(chain.nr_out, 2);
        assert_int_equal(chain.nr_in, 3);
        for (unsigned i = 0; i < 5; i++)
            assert_int_equal(chain.buffers[i].len, i + 1);
        assert_null(virtqueue_get(&vq, &len));
        model_return(&device, chain.head, 12);
        assert_ptr_equal(virtqueue_get(&vq, &len), &token);
        assert_int_equal(len, 12);
        assert_null(virtqueue_get(&vq, &len));
        assert_false(vq.is_broken);
        assert_int_equal(vq.nr_free, SIZE);
        end();
    }
}

static void full_queue_and_bad_arguments(void **state)
{
    struct virtqueue_desc table[16] ALIGNED(16);
    struct virtio_buffer empty = {table, 0};
    int token;

    begin(VIRTIO_F_INDIRECT_DESC);
    for (unsigned i = 0; i < SIZE; i++)
        assert_int_equal(add(1, 1, &token, table), 0);
    assert_int_equal(add(1, 0, &token, table), -ENOSPC);
    end();

    begin(0);
    assert_int_equal(add(SIZE, 1, &token, NULL), -ENOSPC);
    assert_int_equal(add(SIZE - 1, 1, &token, NULL), 0);
    assert_int_equal(add(1, 0, &token, NULL), -ENOSPC);
    assert_int_equal(add(0, 0, &token, NULL), -EINVAL);
    assert_int_equal(add(1, 0, NULL, NULL), -EINVAL);
    assert_int_equal(virtqueue_add(&vq, &empty, 1, 0, &token, NULL), -EINVAL);
    end();
}

/*
 * Random traffic with many in flight, returned in any order, across several wraps of the 16-bit
 * index.
 */
static void traffic(uint64_t features, unsigned seed)
{
    struct virtqueue_desc tables[SIZE][4] ALIGNED(16);
    struct model_chain chains[SIZE];
    unsigned in_device = 0, nr_added = 0, nr_got = 0;
    bool is_out[SIZE] = {false};

    begin(features);
    srand(seed);
    while (nr_got < 200000) {
        unsigned choice = (unsigned)rand() % 3;
        if (choice == 0) {
            unsigned free_token = 0;
            while (free_token < SIZE && is_out[free_token])
                free_token++;
            if (free_token == SIZE)
                continue;
            unsigned nr_out = (unsigned)rand() % 3, nr_in = 1 + (unsigned)rand() % 2;
            unsigned needs = vq.has_indirect && nr_out + nr_in > 1 ? 1 : nr_out + nr_in;
            int expected = needs > vq.nr_free ? -ENOSPC : 0;
            int error = add(nr_out, nr_in, &is_out[free_token], tables[free_token]);
            assert_int_equal(error, expected);
            if (error == 0) {
                is_out[free_token] = true;
                nr_added++;
            }
        } else if (choice == 1 && in_device < SIZE) {
            if (model_take(&device, &chains[in_device]))
                in_device++;
        } else if (choice == 2 && in_device > 0) {
            unsigned pick = (unsigned)rand() % in_device;
            model_return(&device, chains[pick].head, 1);
            chains[pick] = chains[--in_device];
            bool *token = virtqueue_get(&vq, NULL);
            assert_non_null(token);
            assert_true(*token);
            *token = false;
            nr_got++;
        }
    }
    assert_false(vq.is_broken);
    assert_true(nr_added >= nr_got && nr_added - nr_got <= SIZE);
    end();
}

static void random_traffic(void **state)
{
    for (unsigned f = 0; f < ARRAY_SIZE(feature_sets); f++)
        traffic(feature_sets[f], f + 1);
}

/* Whatever is on the device's side, a wish that was made is told. */
static void notifications(void **state)
{
    for (unsigned f = 0; f < 2; f++) {
        int token;
        struct model_chain chain;

        begin(feature_sets[f]);
        model_want_notify(&device, true);
        assert_false(virtqueue_kick_prepare(&vq)); /* nothing added */
        assert_int_equal(add(1, 0, &token, NULL), 0);
        assert_true(virtqueue_kick_prepare(&vq));
        assert_false(virtqueue_kick_prepare(&vq)); /* told already */

        assert_true(model_take(&device, &chain));
        model_want_notify(&device, false);
        assert_int_equal(add(1, 0, &token, NULL), 0);
        assert_false(virtqueue_kick_prepare(&vq));

        /* The device empties the queue, wants to know again; two are added before one kick. */
        assert_true(model_take(&device, &chain));
        model_want_notify(&device, true);
        assert_int_equal(add(1, 0, &token, NULL), 0);
        assert_int_equal(add(1, 0, &token, NULL), 0);
        assert_true(virtqueue_kick_prepare(&vq));

        /*
         * It finds one that was added but not told of yet, and asks for the next: the wish is in
         * the middle.
         */
        while (model_take(&device, &chain)) {
        }
        model_want_notify(&device, false);
        assert_int_equal(add(1, 0, &token, NULL), 0);
        assert_true(model_take(&device, &chain));
        model_want_notify(&device, true);
        assert_int_equal(add(1, 0, &token, NULL), 0);
        assert_true(virtqueue_kick_prepare(&vq));
        end();
    }
}

static void interrupts(void **state)
{
    for (unsigned f = 0; f < 2; f++) {
        int token;
        struct model_chain chain;

        begin(feature_sets[f]);
        for (unsigned round = 0; round < 70000; round++) {
            assert_int_equal(add(0, 1, &token, NULL), 0);
            assert_int_equal(add(0, 1, &token, NULL), 0);
            assert_true(model_take(&device, &chain));
            assert_true(model_return(&device, chain.head, 0)); /* wanted */
            virtqueue_disable_callbacks(&vq);
            assert_non_null(virtqueue_get(&vq, NULL));
            assert_true(model_take(&device, &chain));
            assert_false(model_return(&device, chain.head, 0));
            assert_false(virtqueue_enable_callbacks(&vq)); /* one came meanwhile */
            assert_non_null(virtqueue_get(&vq, NULL));
            assert_true(virtqueue_enable_callbacks(&vq));
        }
        end();
    }
}

static void expect_broken(void)
{
    int token;
    uint32_t len;

    assert_null(virtqueue_get(&vq, &len));
    assert_true(vq.is_broken);
    assert_non_null(vq.broken_why);
    assert_null(virtqueue_get(&vq, &len));
    assert_int_equal(add(1, 0, &token, NULL), -EIO);
    assert_false(virtqueue_kick_prepare(&vq));
}

static void hostile_device(void **state)
{
    struct model_chain chain;
    int token, other;

    /* an id that does not exist */
    begin(0);
    assert_int_equal(add(1, 1, &token, NULL), 0);
    model_return(&device, SIZE, 0);
    expect_broken();
    end();

    begin(0);
    assert_int_equal(add(1, 1, &token, NULL), 0);
    model_return(&device, 0xffffffff, 0);
    expect_broken();
    end();

    /* an id that is not outstanding: the middle of a chain */
    begin(0);
    assert_int_equal(add(1, 1, &token, NULL), 0);
    assert_true(model_take(&device, &chain));
    model_return(&device, device.desc[chain.head].next, 0);
    expect_broken();
    end();

    /* the same chain twice */
    begin(0);
    assert_int_equal(add(1, 1, &token, NULL), 0);
    assert_int_equal(add(1, 1, &other, NULL), 0);
    assert_true(model_take(&device, &chain));
    model_return(&device, chain.head, 0);
    model_return(&device, chain.head, 0);
    assert_ptr_equal(virtqueue_get(&vq, NULL), &token);
    expect_broken();
    end();

    /* more bytes than there was room for */
    begin(0);
    assert_int_equal(add(1, 1, &token, NULL), 0);
    assert_true(model_take(&device, &chain));
    model_return(&device, chain.head, 3);
    expect_broken();
    end();

    /* a used index out of thin air */
    for (unsigned idx = 1; idx < 65536; idx *= 3) {
        begin(0);
        device.used->idx = (uint16_t)idx;
        expect_broken();
        end();
    }
}

/* The device scribbles over descriptors and rings: what the driver remembers is its own. */
static void scribbled_rings(void **state)
{
    int tokens[3];
    bool seen[3] = {false};

    begin(0);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(add(1, 1, &tokens[i], NULL), 0);
    memset(device.desc, 0xff, SIZE * sizeof(*device.desc));
    for (unsigned i = 0; i < 3; i++)
        model_return(&device, i * 2, 0);
    for (unsigned i = 0; i < 3; i++) {
        int *token = virtqueue_get(&vq, NULL);
        assert_in_range(token - tokens, 0, 2);
        assert_false(seen[token - tokens]);
        seen[token - tokens] = true;
    }
    assert_int_equal(vq.nr_free, SIZE);
    end();
}

static void detach_gives_every_token_once(void **state)
{
    int tokens[4];
    unsigned seen = 0;
    int *token;

    begin(0);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(add(1, i % 2, &tokens[i], NULL), 0);
    while ((token = virtqueue_detach(&vq)) != NULL) {
        assert_false(seen & (1u << (token - tokens)));
        seen |= 1u << (token - tokens);
    }
    assert_int_equal(seen, 0xf);
    assert_int_equal(vq.nr_free, SIZE);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chain_arrives_as_it_was_added),
        cmocka_unit_test(full_queue_and_bad_arguments),
        cmocka_unit_test(random_traffic),
        cmocka_unit_test(notifications),
        cmocka_unit_test(interrupts),
        cmocka_unit_test(hostile_device),
        cmocka_unit_test(scribbled_rings),
        cmocka_unit_test(detach_gives_every_token_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
