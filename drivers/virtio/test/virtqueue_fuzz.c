/*
 * The input is what a hostile device writes into the used ring, interleaved with the driver's work:
 * any bytes at all must end in tokens that are outstanding, or a broken queue.
 */
#include <stdlib.h>
#include <string.h>

#include <virtio/virtio.h>
#include <virtio/virtqueue.h>

#define SIZE 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct virtqueue_slot slots[SIZE];
    static struct virtqueue_desc tables[SIZE][4] ALIGNED(16);
    static char memory[64];
    struct virtio_device vdev = {0};
    struct virtqueue vq;
    bool is_out[SIZE] = {false};

    if (size < 1)
        return 0;
    vdev.features =
        (data[0] & 1 ? VIRTIO_F_EVENT_IDX : 0) | (data[0] & 2 ? VIRTIO_F_INDIRECT_DESC : 0);
    size_t bytes = virtqueue_ring_bytes(SIZE);
    char *rings = aligned_alloc(16, ALIGN_UP(bytes, 16));
    memset(rings, 0, bytes);
    virtqueue_init(&vq, &vdev, 0, SIZE, rings, slots);

    for (size_t i = 1; i + 8 < size; i += 8) {
        const uint8_t *op = data + i;
        struct virtio_buffer buffers[3] = {{memory, 16}, {memory + 16, 16}, {memory + 32, 16}};
        unsigned token = op[1] % SIZE;

        if (op[0] & 1 && !is_out[token])
            is_out[token] = virtqueue_add(&vq, buffers, op[0] >> 6 & 1, 1 + (op[0] >> 7),
                                          &is_out[token], tables[token]) == 0;
        if (op[0] & 2)
            memcpy((char *)vq.used + ((unsigned)(op[2] | op[3] << 8) % (8 * SIZE + 3)), op + 4, 4);
        if (op[0] & 4)
            vq.used->idx++;
        if (op[0] & 8)
            (void)!virtqueue_kick_prepare(&vq);
        if (op[0] & 16) {
            uint32_t len;
            bool *got = virtqueue_get(&vq, &len);
            if (got != NULL && (!*got || len > 32))
                abort();
            if (got != NULL)
                *got = false;
        }
        if (op[0] & 32)
            (void)!virtqueue_enable_callbacks(&vq);
        else
            virtqueue_disable_callbacks(&vq);
    }
    unsigned nr_out = 0, nr_back = 0;
    for (unsigned i = 0; i < SIZE; i++)
        nr_out += is_out[i];
    while (virtqueue_detach(&vq) != NULL)
        nr_back++;
    if (nr_back != nr_out || vq.nr_free != SIZE)
        abort();
    free(rings);
    return 0;
}
