/*
 * core/tlsf under arbitrary sequences of operations on several pools. Every block carries a pattern
 * at both ends; the structure is checked after every few operations and must be empty at the end.
 */
#include <string.h>

#include <host/fuzz.h>
#include <tlsf/inline.h>

#define MAX_OWNED 64
#define MAX_POOLS 4

struct owned {
    uint8_t *p;
    size_t size;
    uint8_t mark;
};

static void owned_mark(struct owned *o)
{
    o->mark = (uint8_t)(o->size * 7 + 1);
    if (o->size > 0)
        o->p[0] = o->p[o->size - 1] = o->mark;
}

static void owned_check(const struct owned *o)
{
    if (o->size > 0)
        require(o->p[0] == o->mark && o->p[o->size - 1] == o->mark);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tlsf heap;
    static char memory[MAX_POOLS][40000] ALIGNED(16);
    struct tlsf_pool *pools[MAX_POOLS] = {0};
    struct owned owned[MAX_OWNED] = {0};

    input = data;
    input_end = data + size;
    tlsf_init(&heap);
    while (input < input_end) {
        struct owned *o = &owned[take(1) % MAX_OWNED];
        unsigned op = take(1), i = op / 8 % MAX_POOLS;

        if (op % 8 == 0) {
            if (pools[i] == NULL)
                pools[i] = tlsf_pool_add(&heap, memory[i] + take(1) % 40, take(2) % 39960);
            else if (tlsf_pool_remove(&heap, pools[i]) == 0)
                pools[i] = NULL;
        } else if (o->p == NULL) {
            size_t align = op % 8 < 3 ? 1ul << take(1) % 14 : 1;

            o->size = op == 255 ? SIZE_MAX - take(2) : take(2) % 20000;
            o->p =
                align > 1 ? tlsf_alloc_aligned(&heap, align, o->size) : tlsf_alloc(&heap, o->size);
            require(o->p == NULL || IS_ALIGNED((uintptr_t)o->p, MAX(align, 16ul)));
            require(o->p == NULL || tlsf_usable_size(o->p) >= o->size);
            if (o->p != NULL)
                owned_mark(o);
        } else if (op % 8 < 4) {
            size_t new_size = take(2) % 20000;

            owned_check(o);
            if (tlsf_resize(&heap, o->p, new_size)) {
                require(new_size == 0 || o->size == 0 || o->p[0] == o->mark);
                o->size = new_size;
                owned_mark(o);
            } else {
                require(new_size > o->size);
            }
        } else {
            owned_check(o);
            tlsf_free(&heap, o->p);
            o->p = NULL;
        }
        for (i = 0; i < MAX_POOLS; i++)
            require(pools[i] == NULL || tlsf_pool_check(&heap, pools[i]) == NULL);
    }
    require(tlsf_check(&heap) == NULL);
    for (size_t i = 0; i < MAX_OWNED; i++) {
        if (owned[i].p != NULL) {
            owned_check(&owned[i]);
            tlsf_free(&heap, owned[i].p);
        }
    }
    for (size_t i = 0; i < MAX_POOLS; i++)
        require(pools[i] == NULL || tlsf_pool_remove(&heap, pools[i]) == 0);
    require(heap.summary == 0);
    return 0;
}
