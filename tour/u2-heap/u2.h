/*
 * The three users of the heap: a vector, a sort and a map. Private to u2.
 */
#ifndef U2_H
#define U2_H

#include <base/types.h>

/* Grows by doubling, with heap_realloc: few, large blocks. */
struct vector {
    uint64_t *items;
    size_t nr_items;
    size_t capacity;
};

MUST_CHECK bool vector_push(struct vector *v, uint64_t item);
void vector_free(struct vector *v);

/* Merge sort with a second array as large as the first: one large block. false: no memory for
 * it. */
MUST_CHECK bool sort_items(uint64_t *items, size_t nr);

/* A red-black tree, one block per element: many small blocks, freed in another order than
 * allocated. */
struct map;

struct map *map_new(void);
/* Counts how often a key was added. false: no memory. */
MUST_CHECK bool map_add(struct map *map, uint64_t key);
size_t map_size(const struct map *map);
/* How often key was added; 0: never. */
uint64_t map_count(const struct map *map, uint64_t key);
/* Is every key greater than the one before? */
bool map_is_ordered(const struct map *map);
/* Removes the keys for which (key & mask) == value; returns how many. */
size_t map_remove_if(struct map *map, uint64_t mask, uint64_t value);
void map_free(struct map *map);

#endif
