/* Addresses, bytes and their lengths; room for structures, which are written just before the
 * call. */
#include "arguments.h"

#include <string.h>

uint64_t arena(uint64_t raw)
{
    uint64_t page = raw % 4 == 0 ? (raw >> 8) % ARENA_PAGES : (raw >> 8) % 24;

    return ARENA + page * PAGE;
}

uint64_t bad_pointer(uint64_t raw)
{
    static const uint64_t bad[] = {0,
                                   1,
                                   0x1000,
                                   0xffffffc080200000,
                                   0xfffffffffffff000,
                                   0x4000000000,
                                   ARENA - 8,
                                   ARENA + ARENA_PAGES * PAGE - 8};

    return bad[raw % 8];
}

uint64_t address(uint64_t raw)
{
    if (raw >> 58 == 0)
        return bad_pointer(raw);
    return arena(raw) + (raw >> 58 == 1 ? (raw >> 20) % PAGE : 0);
}

/* Bytes for a call: the worker's own, those of the arena, or none. */
uint64_t bytes(struct worker *w, uint64_t raw)
{
    switch (raw % 16) {
    case 0:
        return bad_pointer(raw >> 8);
    case 1:
    case 2:
    case 3:
    case 4:
        return arena(raw >> 8) + ((raw >> 40) % 2 ? PAGE - 16 : 0);
    default:
        return (uint64_t)w->data;
    }
}

uint64_t length(uint64_t raw)
{
    static const uint64_t lengths[] = {0, 1, 4, 8, 16, 100, 128, 512, 4095, 4096, 4097, 8192};

    if (raw >> 58 == 0)
        return raw >> 57 & 1 ? 1ul << 62 : 65536 + raw % 65536;
    return raw % 3 ? lengths[(raw >> 8) % 12] : (raw >> 8) % 300;
}

uint64_t offset(uint64_t raw)
{
    static const uint64_t offsets[] = {0,    0,    0,     1,       100,  4096,
                                       4095, 8192, 65536, 1 << 20, -1ul, 1ul << 62};

    return offsets[raw % 12];
}

void *room(struct worker *w, size_t size)
{
    void *at = w->at;

    w->at += (size + 7) & ~7ul;
    return at;
}

uint64_t words(struct worker *w, uint64_t raw, unsigned nr, const uint64_t *values)
{
    uint64_t *at = room(w, nr * sizeof(*at));

    if (raw >> 60 == 0)
        return 0;
    if (raw >> 60 == 1)
        return bytes(w, raw);
    memcpy(at, values, nr * sizeof(*at));
    return (uint64_t)at;
}

static uint64_t worker_stack(struct worker *w, const struct call *call)
{
    struct worker *made;

    if (!(chosen(w, call, 0) & 0x100))
        return 0; /* not of the same memory: goes on with its copy of the stack */
    made = worker_new();
    return made == NULL ? 0 : (uint64_t)(made->stack + sizeof(made->stack));
}

uint64_t memory_argument(struct worker *w, const struct call *call, unsigned kind, uint64_t raw)
{
    switch ((enum kind)kind) {
    case K_LENGTH:
        return length(raw);
    case K_OFFSET:
        return offset(raw);
    case K_OFFSET_POINTER:
        return raw % 2 ? 0 : WORDS(offset(raw >> 8));
    case K_ADDRESS:
        return address(raw);
    case K_MAP_LENGTH:
        return raw % 16 == 0 ? length(raw >> 8) : (1 + (raw >> 8) % (raw % 4 ? 8 : 64)) * PAGE;
    case K_WORKER_STACK:
        return worker_stack(w, call);
    default:
        return bytes(w, raw);
    }
}
