/*
 * Heap sort: builds a heap with the largest item at index 0, then moves it to the end, again and
 * again.
 */
#include <sort/sort.h>

struct items {
    uint8_t *base;
    size_t item_size;
    int (*compare)(const void *a, const void *b, void *ctx);
    void *ctx;
};

static void swap(const struct items *items, size_t i, size_t j)
{
    uint8_t *a = items->base + i * items->item_size, *b = items->base + j * items->item_size;

    for (size_t k = 0; k < items->item_size; k++) {
        uint8_t byte = a[k];

        a[k] = b[k];
        b[k] = byte;
    }
}

static bool is_less(const struct items *items, size_t i, size_t j)
{
    return items->compare(items->base + i * items->item_size, items->base + j * items->item_size,
                          items->ctx) < 0;
}

/* Lets the item at root sink to its place in the heap of nr_items. */
static void sift_down(const struct items *items, size_t root, size_t nr_items)
{
    size_t child;

    while ((child = 2 * root + 1) < nr_items) {
        if (child + 1 < nr_items && is_less(items, child, child + 1)) {
            child++;
        }
        if (!is_less(items, root, child)) {
            return;
        }
        swap(items, root, child);
        root = child;
    }
}

void sort(void *base, size_t nr_items, size_t item_size,
          int (*compare)(const void *a, const void *b, void *ctx), void *ctx)
{
    struct items items = {base, item_size, compare, ctx};

    for (size_t i = nr_items / 2; i > 0; i--) {
        sift_down(&items, i - 1, nr_items);
    }
    for (size_t end = nr_items; end > 1; end--) {
        swap(&items, 0, end - 1);
        sift_down(&items, 0, end - 1);
    }
}

size_t sort_lower_bound(const void *base, size_t nr_items, size_t item_size, const void *key,
                        int (*compare)(const void *item, const void *key, void *ctx), void *ctx)
{
    size_t low = 0, high = nr_items;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare((const uint8_t *)base + middle * item_size, key, ctx) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}
