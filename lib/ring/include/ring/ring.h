/*
 * Byte ring over a caller's buffer whose size is a power of two.
 *
 * head and tail run freely and wrap with their type, so that all size bytes are usable and full and
 * empty differ. One producer and one consumer that are serialised by the user; there are no
 * barriers here. Invariant: head - tail <= size.
 */
#ifndef RING_RING_H
#define RING_RING_H

#include <base/types.h>

struct ring {
    uint8_t *buf;
    uint32_t size; /* [I] a power of two, at most 2^31 */
    uint32_t head; /* bytes ever put */
    uint32_t tail; /* bytes ever taken */
};

/* size: a power of two, at most 2^31. */
void ring_init(struct ring *ring, void *buf, uint32_t size);

static inline uint32_t ring_used(const struct ring *ring)
{
    return ring->head - ring->tail;
}

static inline uint32_t ring_free(const struct ring *ring)
{
    return ring->size - ring_used(ring);
}

static inline bool ring_is_empty(const struct ring *ring)
{
    return ring->head == ring->tail;
}

static inline bool ring_is_full(const struct ring *ring)
{
    return ring_used(ring) == ring->size;
}

static inline void ring_clear(struct ring *ring)
{
    ring->tail = ring->head;
}

/* One byte; false when there is no room (nothing to take). */
static inline bool ring_put(struct ring *ring, uint8_t byte)
{
    if (ring_is_full(ring))
        return false;
    ring->buf[ring->head++ & (ring->size - 1)] = byte;
    return true;
}

static inline bool ring_get(struct ring *ring, uint8_t *byte)
{
    if (ring_is_empty(ring))
        return false;
    *byte = ring->buf[ring->tail++ & (ring->size - 1)];
    return true;
}

/* Remove the byte that was put last (line editing); false: the ring is empty. */
static inline bool ring_unput(struct ring *ring, uint8_t *byte)
{
    if (ring_is_empty(ring))
        return false;
    *byte = ring->buf[--ring->head & (ring->size - 1)];
    return true;
}

/* The byte at distance index from the tail; index < ring_used. */
static inline uint8_t ring_at(const struct ring *ring, uint32_t index)
{
    return ring->buf[(ring->tail + index) & (ring->size - 1)];
}

/* Put (get) as much as possible, in order; returns the number of bytes. */
size_t ring_write(struct ring *ring, const void *data, size_t nr_bytes);
size_t ring_read(struct ring *ring, void *data, size_t nr_bytes);

/*
 * Return the longest contiguous free (used) stretch at the head (tail), for copies that may fault
 * or are made by a device: copy up to the returned length, then commit (consume) the bytes copied.
 */
uint32_t ring_write_span(const struct ring *ring, void **span);
uint32_t ring_read_span(const struct ring *ring, const void **span);

static inline void ring_commit(struct ring *ring, uint32_t nr_bytes)
{
    ring->head += nr_bytes;
}

static inline void ring_consume(struct ring *ring, uint32_t nr_bytes)
{
    ring->tail += nr_bytes;
}

#endif
