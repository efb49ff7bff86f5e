/*
 * Bottom-up merge sort: runs of 1, 2, 4, ... items are merged from one array into the other and
 * back.
 */
#include <heap/heap.h>
#include <string/string.h>

#include "u2.h"

/* Merges the sorted runs [left, middle) and [middle, right) of from into the same places of to. */
static void merge(uint64_t *to, const uint64_t *from, size_t left, size_t middle, size_t right)
{
    size_t a = left, b = middle;

    for (size_t i = left; i < right; i++) {
        bool takes_left = a < middle && (b == right || from[a] <= from[b]);

        to[i] = takes_left ? from[a++] : from[b++];
    }
}

bool sort_items(uint64_t *items, size_t nr)
{
    uint64_t *other = heap_alloc(nr * sizeof(*other));
    uint64_t *from = items, *to = other;

    if (!other)
        return false;
    for (size_t run = 1; run < nr; run *= 2) {
        for (size_t left = 0; left < nr; left += 2 * run)
            merge(to, from, left, MIN(left + run, nr), MIN(left + 2 * run, nr));
        uint64_t *swap = from;

        from = to;
        to = swap;
    }
    if (from != items)
        memcpy(items, from, nr * sizeof(*items));
    heap_free(other);
    return true;
}
