/*
 * u2: three million elements through the heap, whichever one was linked in.
 */
#include <app/app.h>
#include <console/console.h>
#include <heap/heap.h>
#include <printf/printf.h>
#include <prng/prng.h>
#include <string/string.h>

#include "u2.h"

#define NR_ELEMENTS 3000000
#define SEED        2

static int failed(const char *what)
{
    char line[80];
    int n = snprintf(line, sizeof(line), "u2: FAILED: %s\n", what);

    console_write(line, (size_t)n);
    return 1;
}

/* Odd numbers, so that the even ones are known to be missing. */
static uint64_t element(struct prng *prng)
{
    return prng_next(prng) | 1;
}

static const char *try_vector(void)
{
    struct vector v = {0};
    struct prng prng;
    uint64_t sum = 0;

    prng_init(&prng, SEED);
    for (size_t i = 0; i < NR_ELEMENTS; i++) {
        uint64_t x = element(&prng);

        sum += x;
        if (!vector_push(&v, x))
            return "no memory for the vector";
    }
    if (!sort_items(v.items, v.nr_items))
        return "no memory to sort";
    sum -= v.items[0];
    for (size_t i = 1; i < v.nr_items; i++) {
        sum -= v.items[i];
        if (v.items[i - 1] > v.items[i])
            return "the vector is not sorted";
    }
    if (sum != 0)
        return "the sorted vector has other elements";
    vector_free(&v);
    return NULL;
}

static const char *try_map(void)
{
    struct map *map = map_new();
    struct prng prng;
    size_t nr;

    if (!map)
        return "no memory for the map";
    prng_init(&prng, SEED);
    for (size_t i = 0; i < NR_ELEMENTS; i++)
        if (!map_add(map, element(&prng)))
            return "no memory for an element of the map";
    if (!map_is_ordered(map))
        return "the map is not in order";
    prng_init(&prng, SEED);
    for (size_t i = 0; i < NR_ELEMENTS / 10; i++) {
        uint64_t x = element(&prng);

        if (map_count(map, x) == 0 || map_count(map, x - 1) != 0)
            return "the map does not find what it holds";
    }
    nr = map_size(map);
    nr -= map_remove_if(map, 6, 2); /* a quarter of all keys, here and there */
    if (map_size(map) != nr || !map_is_ordered(map))
        return "removing elements broke the map";
    map_free(map);
    return NULL;
}

int app_main(void)
{
    static const char ok[] = "u2: ok, 3000000 elements in a vector, sorted, and in a map, "
                             "and all memory came back\n";
    struct heap_stats stats;
    const char *trouble = try_vector();

    if (!trouble)
        trouble = try_map();
    if (trouble)
        return failed(trouble);
    heap_check();
    heap_shrink();
    heap_stats(&stats);
    if (stats.nr_blocks > 16 || stats.nr_frames > 1024)
        return failed("memory was not given back");
    console_write(ok, sizeof(ok) - 1);
    return 0;
}
