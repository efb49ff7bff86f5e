/*
 * Bounded proofs of lib/ring, from every state that the invariant (head - tail <= size) allows,
 * also with indices about to wrap: one operation keeps it, so any number of them does.
 *
 * cbmc: lib/ring/ring.c --unwind 10 --function prove_bytes
 * bound: prove_bytes: sizes 1 to 8, all indices, one operation from any state
 * cbmc: lib/ring/ring.c --unwind 10 --function prove_spans
 * bound: prove_spans: sizes 1 to 2^31, all indices
 * cbmc: lib/ring/ring.c --unwind 10 --function prove_bulk
 * bound: prove_bulk: sizes 1 to 8, a write of up to 9 bytes from any state, a read of all
 */
#include <ring/ring.h>

#define MAX_SIZE 8

uint32_t nondet_u32(void);
uint8_t nondet_u8(void);
void __CPROVER_assume(bool condition);
void __CPROVER_assert(bool condition, const char *text);

static uint8_t buffer[MAX_SIZE];

/* Any state of a ring of up to max_size bytes. */
static struct ring any_ring(uint32_t max_size)
{
    struct ring ring;

    ring_init(&ring, buffer, nondet_u32());
    __CPROVER_assume(ring.size >= 1 && ring.size <= max_size && (ring.size & (ring.size - 1)) == 0);
    ring.head = nondet_u32();
    ring.tail = nondet_u32();
    __CPROVER_assume(ring.head - ring.tail <= ring.size);
    for (unsigned i = 0; i < MAX_SIZE; i++)
        buffer[i] = nondet_u8();
    return ring;
}

void prove_bytes(void)
{
    struct ring ring = any_ring(MAX_SIZE);
    uint32_t used = ring_used(&ring), at = nondet_u32();
    uint8_t byte = nondet_u8(), out = 0, kept = ring_at(&ring, at);

    /* The byte at `at` stands for all those that are there. */
    switch (nondet_u32() % 3) {
    case 0:
        __CPROVER_assert(ring_put(&ring, byte) == (used < ring.size), "put iff there is room");
        __CPROVER_assert(ring_used(&ring) == MIN(used + 1, ring.size),
                         "one more, if there is room");
        __CPROVER_assert(used == ring.size || ring_at(&ring, used) == byte, "the last one");
        __CPROVER_assert(at >= used || ring_at(&ring, at) == kept, "the others stay");
        break;
    case 1:
        __CPROVER_assert(ring_get(&ring, &out) == (used > 0), "get iff there is one");
        __CPROVER_assert(ring_used(&ring) == (used > 0 ? used - 1 : 0), "one less");
        __CPROVER_assert(used == 0 || at != 0 || out == kept, "the first one");
        __CPROVER_assert(at >= used || at == 0 || ring_at(&ring, at - 1) == kept,
                         "the others stay");
        break;
    default:
        __CPROVER_assert(ring_unput(&ring, &out) == (used > 0), "unput iff there is one");
        __CPROVER_assert(ring_used(&ring) == (used > 0 ? used - 1 : 0), "one less");
        __CPROVER_assert(used == 0 || at != used - 1 || out == kept, "the last one");
        __CPROVER_assert(at >= used || at == used - 1 || ring_at(&ring, at) == kept,
                         "the others stay");
        break;
    }
    __CPROVER_assert(ring_used(&ring) <= ring.size, "the invariant");
    __CPROVER_assert(ring_used(&ring) + ring_free(&ring) == ring.size, "used and free");
}

/* Spans never leave the buffer, and are empty only if the ring is full (empty). No byte is
 * touched. */
void prove_spans(void)
{
    struct ring ring = any_ring(1u << 31);
    uint32_t used = ring_used(&ring), length;
    void *to;
    const void *from;

    length = ring_read_span(&ring, &from);
    __CPROVER_assert((uintptr_t)from - (uintptr_t)ring.buf + length <= ring.size, "read inside");
    __CPROVER_assert((length == 0) == ring_is_empty(&ring) && length <= used, "something to read");
    length = ring_write_span(&ring, &to);
    __CPROVER_assert((uintptr_t)to - (uintptr_t)ring.buf + length <= ring.size, "write inside");
    __CPROVER_assert((length == 0) == ring_is_full(&ring), "room to write");
    ring_commit(&ring, length);
    __CPROVER_assert(ring_used(&ring) == used + length && ring_used(&ring) <= ring.size,
                     "committed");
    ring_consume(&ring, used);
    __CPROVER_assert(ring_used(&ring) == length, "consumed");
    ring_clear(&ring);
    __CPROVER_assert(ring_is_empty(&ring) && ring_free(&ring) == ring.size, "cleared");
}

void prove_bulk(void)
{
    struct ring ring = any_ring(MAX_SIZE);
    uint8_t data[MAX_SIZE + 1], out[MAX_SIZE];
    uint32_t used = ring_used(&ring), at = nondet_u32();
    size_t nr_bytes = nondet_u32(), nr_written, nr_read;
    uint8_t kept = ring_at(&ring, at);

    __CPROVER_assume(nr_bytes <= sizeof(data));
    for (unsigned i = 0; i < sizeof(data); i++)
        data[i] = nondet_u8();
    nr_written = ring_write(&ring, data, nr_bytes);
    __CPROVER_assert(nr_written == MIN(nr_bytes, (size_t)(ring.size - used)), "as much as fits");
    nr_read = ring_read(&ring, out, sizeof(out));
    __CPROVER_assert(nr_read == used + nr_written && ring_is_empty(&ring), "all that there is");
    __CPROVER_assert(at >= used || out[at] == kept, "what was there comes first");
    for (size_t i = 0; i < MAX_SIZE; i++)
        if (i < nr_written)
            __CPROVER_assert(out[used + i] == data[i], "then what was written, in order");
}
