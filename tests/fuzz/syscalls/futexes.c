/* Futexes: words of the round and of the process, and a list of robust ones. */
#include "arguments.h"

#include <linux/futex.h>

static uint64_t private_futexes[8];

static uint64_t futex(uint64_t raw)
{
    if (raw % 8 == 0)
        return bad_pointer(raw >> 8) + (raw >> 20 & 1);
    if (raw % 8 == 1)
        return arena(raw >> 8);
    return raw % 2 ? (uint64_t)&shared->futexes[(raw >> 8) % 4]
                   : (uint64_t)&private_futexes[(raw >> 8) % 3];
}

static uint64_t futex_last(struct worker *w, const struct call *call, uint64_t raw)
{
    unsigned op = chosen(w, call, 1) & 127;

    if (op == FUTEX_REQUEUE || op == FUTEX_CMP_REQUEUE || op == FUTEX_WAKE_OP)
        return raw % 4;
    return raw % 16 == 0 ? 0 : WORDS(0, nanoseconds(raw >> 8));
}

/* A list of two, that ends where it began or does not. */
static uint64_t robust(uint64_t raw)
{
    static uint64_t head[3], entries[2];

    head[0] = (uint64_t)&entries[0];
    head[1] = (uint64_t)private_futexes - (uint64_t)entries;
    head[2] = raw & 1 ? (uint64_t)&entries[1] : 0;
    entries[0] = (uint64_t)&entries[1];
    entries[1] = raw & 2 ? (uint64_t)head : raw & 4 ? (uint64_t)entries : bad_pointer(raw >> 8);
    return (uint64_t)head;
}

uint64_t futex_argument(struct worker *w, const struct call *call, unsigned kind, uint64_t raw)
{
    switch ((enum kind)kind) {
    case K_FUTEX_WORD:
        return raw % 4 ? raw >> 8 & 1 : raw >> 8 & 0xff;
    case K_FUTEX_LAST:
        return futex_last(w, call, raw);
    case K_ROBUST:
        return robust(raw);
    default:
        return futex(raw);
    }
}
