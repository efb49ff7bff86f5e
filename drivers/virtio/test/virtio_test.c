/*
 * The core against a transport in memory: the status dance, refusals, config space, giving a device
 * up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <base/errno.h>
#include <frame/frame.h>
#include <heap/heap.h>
#include <host/host.h>
#include <virtio/virtio.h>
#include <virtio/virtqueue.h>

static struct {
    uint8_t status, history[16];
    unsigned nr_history;
    uint64_t offered, accepted;
    bool refuses_features, never_resets, spins_generation;
    unsigned queue_size, nr_enabled, generation, nr_generation_reads;
    uint8_t config[64];
    bool tears; /* the config changes between the halves of the first 64-bit read */
} dev;

static int probe_result;
static unsigned nr_probes, nr_broken;

static uint8_t fake_status(struct virtio_device *vdev)
{
    return dev.status;
}

static void fake_set_status(struct virtio_device *vdev, uint8_t status)
{
    if (status == 0 && dev.never_resets)
        return;
    if (dev.refuses_features)
        status &= (uint8_t)~VIRTIO_STATUS_FEATURES_OK;
    dev.status = status;
    if (dev.nr_history < ARRAY_SIZE(dev.history))
        dev.history[dev.nr_history++] = status;
}

static uint64_t fake_features(struct virtio_device *vdev)
{
    return dev.offered;
}

static void fake_set_features(struct virtio_device *vdev, uint64_t features)
{
    assert_int_equal(features & ~dev.offered, 0);
    dev.accepted = features;
}

static uint32_t fake_generation(struct virtio_device *vdev)
{
    dev.nr_generation_reads++;
    return dev.spins_generation ? dev.generation++ : dev.generation;
}

static uint32_t fake_config_read(struct virtio_device *vdev, unsigned offset, unsigned nr_bytes)
{
    uint32_t value = 0;

    assert_true(offset + nr_bytes <= vdev->config_bytes && offset % nr_bytes == 0);
    memcpy(&value, dev.config + offset, nr_bytes);
    if (dev.tears) {
        dev.tears = false;
        dev.generation++;
        memset(dev.config, 0x22, 8);
    }
    return value;
}

static unsigned fake_queue_max(struct virtio_device *vdev, unsigned index)
{
    return index == 0 ? dev.queue_size : 0;
}

static int fake_queue_enable(struct virtio_device *vdev, struct virtqueue *vq)
{
    dev.nr_enabled++;
    return 0;
}

static void fake_notify(struct virtio_device *vdev, struct virtqueue *vq)
{
}

static const struct virtio_transport_ops ops = {
    .status = fake_status,
    .set_status = fake_set_status,
    .features = fake_features,
    .set_features = fake_set_features,
    .config_generation = fake_generation,
    .config_read = fake_config_read,
    .queue_max_size = fake_queue_max,
    .queue_enable = fake_queue_enable,
    .notify = fake_notify,
};

static struct virtqueue *queue;

static int test_probe(struct virtio_device *vdev)
{
    nr_probes++;
    int error = virtqueue_create(vdev, 0, 100, NULL, NULL, &queue);
    if (error != 0)
        return error;
    assert_int_equal(virtqueue_create(vdev, 1, 100, NULL, NULL, &queue), -ENXIO);
    if (probe_result == 0)
        virtio_device_ready(vdev);
    return probe_result;
}

static void test_broken(struct virtio_device *vdev)
{
    nr_broken++;
}

VIRTIO_DRIVER(test_driver) = {.name = "test",
                              .device_id = 77,
                              .features = BIT(3) | BIT(5),
                              .probe = test_probe,
                              .broken = test_broken};

static struct virtio_device vdev;

static void begin(void)
{
    memset(&dev, 0, sizeof(dev));
    dev.offered = VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX | BIT(3) | BIT(4);
    dev.queue_size = 64;
    vdev = (struct virtio_device){.ops = &ops, .name = "fake", .device_id = 77, .config_bytes = 16};
    probe_result = 0;
    nr_probes = nr_broken = 0;
}

static void the_dance(void **state)
{
    static const uint8_t expected[] = {0, 1, 3, 11, 15};

    begin();
    assert_int_equal(virtio_device_add(&vdev), 0);
    assert_int_equal(dev.nr_history, 5);
    assert_memory_equal(dev.history, expected, 5);
    assert_true(dev.accepted == (VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX | BIT(3)));
    assert_true(vdev.features == dev.accepted);
    assert_int_equal(dev.nr_enabled, 1);
    assert_int_equal(queue->size, 64);
}

static void odd_queue_sizes(void **state)
{
    static const unsigned sizes[][2] = {{1, 1}, {3, 2}, {100, 64}, {128, 64}, {0xffffffff, 64}};

    for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
        begin();
        dev.queue_size = sizes[i][0];
        assert_int_equal(virtio_device_add(&vdev), 0);
        assert_int_equal(queue->size, sizes[i][1]);
    }
    begin();
    dev.queue_size = 0;
    assert_int_equal(virtio_device_add(&vdev), -ENXIO);
    assert_int_equal(dev.status, VIRTIO_STATUS_FAILED);
}

static void refusals(void **state)
{
    begin();
    vdev.device_id = 5;
    assert_int_equal(virtio_device_add(&vdev), -ENODEV);
    assert_int_equal(dev.status, 0);

    begin();
    dev.offered = BIT(3); /* legacy */
    assert_int_equal(virtio_device_add(&vdev), -ENOTSUP);
    assert_int_equal(nr_probes, 0);
    assert_int_equal(dev.status, VIRTIO_STATUS_FAILED);

    begin();
    dev.refuses_features = true;
    assert_int_equal(virtio_device_add(&vdev), -ENOTSUP);
    assert_int_equal(nr_probes, 0);

    begin();
    dev.never_resets = true;
    dev.status = 1;
    assert_int_equal(virtio_device_add(&vdev), -EIO);

    begin();
    probe_result = -ENOSPC;
    assert_int_equal(virtio_device_add(&vdev), -ENOSPC);
    assert_int_equal(dev.status, VIRTIO_STATUS_FAILED);
    assert_int_equal(vdev.nr_queues, 0);
    virtio_queues_interrupt(&vdev); /* a late interrupt finds nothing */
    virtio_config_interrupt(&vdev);
}

static void config_space(void **state)
{
    begin();
    for (unsigned i = 0; i < sizeof(dev.config); i++)
        dev.config[i] = (uint8_t)i;
    assert_int_equal(virtio_config_u8(&vdev, 15), 15);
    assert_int_equal(virtio_config_u8(&vdev, 16), 0); /* outside */
    assert_int_equal(virtio_config_u16(&vdev, 14), 0x0f0e);
    assert_int_equal(virtio_config_u32(&vdev, 16), 0);
    assert_int_equal(virtio_config_u32(&vdev, 0xfffffffc), 0);
    assert_true(virtio_config_u64(&vdev, 8) == 0x0f0e0d0c0b0a0908);
    dev.tears = true;
    memset(dev.config, 0x11, 8);
    assert_true(virtio_config_u64(&vdev, 0) == 0x2222222222222222);
    dev.spins_generation = true; /* never stable: cut off */
    (void)virtio_config_u64(&vdev, 0);
    assert_true(dev.nr_generation_reads < 1000);
    vdev.config_bytes = 2;
    assert_int_equal(virtio_config_u32(&vdev, 0), 0);
}

static void given_up_once(void **state)
{
    begin();
    assert_int_equal(virtio_device_add(&vdev), 0);
    virtio_device_break(&vdev, "test");
    virtio_device_break(&vdev, "again");
    assert_int_equal(nr_broken, 1);
    assert_int_equal(dev.status, 0);

    begin();
    assert_int_equal(virtio_device_add(&vdev), 0);
    dev.status |= VIRTIO_STATUS_NEEDS_RESET;
    virtio_config_interrupt(&vdev);
    assert_int_equal(nr_broken, 1);
    assert_true(vdev.is_broken);
}

static int set_up(void **state)
{
    struct frame_range ram = {PADDR(0x80000000), MIB(64)};

    host_ram_init(ram.start, ram.size);
    return frame_init(&ram, 1, NULL, 0) != 0 || heap_init() != 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_dance),     cmocka_unit_test(odd_queue_sizes),
        cmocka_unit_test(refusals),      cmocka_unit_test(config_space),
        cmocka_unit_test(given_up_once),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
