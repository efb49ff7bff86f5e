/*
 * Bulk transfers of the byte ring: at most two copies each.
 */
#include <ring/ring.h>
#include <string/string.h>

void ring_init(struct ring *ring, void *buf, uint32_t size)
{
    *ring = (struct ring){.buf = buf, .size = size};
}

uint32_t ring_write_span(const struct ring *ring, void **span)
{
    uint32_t at = ring->head & (ring->size - 1);

    *span = ring->buf + at;
    return MIN(ring_free(ring), ring->size - at);
}

uint32_t ring_read_span(const struct ring *ring, const void **span)
{
    uint32_t at = ring->tail & (ring->size - 1);

    *span = ring->buf + at;
    return MIN(ring_used(ring), ring->size - at);
}

size_t ring_write(struct ring *ring, const void *data, size_t nr_bytes)
{
    size_t nr_done = 0;
    uint32_t length;
    void *span;

    while (nr_done < nr_bytes && (length = ring_write_span(ring, &span))) {
        length = (uint32_t)MIN((size_t)length, nr_bytes - nr_done);
        memcpy(span, (const uint8_t *)data + nr_done, length);
        ring_commit(ring, length);
        nr_done += length;
    }
    return nr_done;
}

size_t ring_read(struct ring *ring, void *data, size_t nr_bytes)
{
    size_t nr_done = 0;
    uint32_t length;
    const void *span;

    while (nr_done < nr_bytes && (length = ring_read_span(ring, &span))) {
        length = (uint32_t)MIN((size_t)length, nr_bytes - nr_done);
        memcpy((uint8_t *)data + nr_done, span, length);
        ring_consume(ring, length);
        nr_done += length;
    }
    return nr_done;
}
