/*
 * A vector of numbers.
 */
#include <heap/heap.h>

#include "u2.h"

bool vector_push(struct vector *v, uint64_t item)
{
    if (v->nr_items == v->capacity) {
        size_t capacity = MAX(v->capacity * 2, (size_t)16);
        uint64_t *items = heap_realloc(v->items, capacity * sizeof(*items));

        if (!items)
            return false;
        v->items = items;
        v->capacity = capacity;
    }
    v->items[v->nr_items++] = item;
    return true;
}

void vector_free(struct vector *v)
{
    heap_free(v->items);
    *v = (struct vector){0};
}
