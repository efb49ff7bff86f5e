/*
 * In-place heap sort (Williams 1964, Floyd 1964): O(n log n) always, no recursion, no memory; not
 * stable.
 */
#ifndef SORT_SORT_H
#define SORT_SORT_H

#include <base/types.h>

/* compare: < 0 when a orders before b. */
void sort(void *base, size_t nr_items, size_t item_size,
          int (*compare)(const void *a, const void *b, void *ctx), void *ctx);

/*
 * The index of the first item of a sorted array that does not order before key (nr_items: none).
 * compare: < 0 when the item orders before the key.
 */
size_t sort_lower_bound(const void *base, size_t nr_items, size_t item_size, const void *key,
                        int (*compare)(const void *item, const void *key, void *ctx), void *ctx);

#endif
