/*
 * Bit arrays: set, clear, test, search. Not atomic: the user serialises.
 *
 * A bitmap of nr_bits is an array of BITMAP_WORDS(nr_bits) uint64_t; bit n is bit n % 64 of word n
 * / 64. Bits beyond nr_bits in the last word are never reported and never changed. Searches return
 * nr_bits when there is nothing to find.
 */
#ifndef BITMAP_BITMAP_H
#define BITMAP_BITMAP_H

#include <base/types.h>

#define BITMAP_WORDS(nr_bits)         (((size_t)(nr_bits) + 63) / 64)
#define BITMAP_DECLARE(name, nr_bits) uint64_t name[BITMAP_WORDS(nr_bits)]

static inline void bitmap_set(uint64_t *map, size_t bit)
{
    map[bit / 64] |= 1ull << (bit % 64);
}

static inline void bitmap_clear(uint64_t *map, size_t bit)
{
    map[bit / 64] &= ~(1ull << (bit % 64));
}

static inline bool bitmap_test(const uint64_t *map, size_t bit)
{
    return (map[bit / 64] >> (bit % 64)) & 1;
}

/* Set (clear) the bits [first, first + count). */
void bitmap_set_range(uint64_t *map, size_t first, size_t count);
void bitmap_clear_range(uint64_t *map, size_t first, size_t count);

/* Find the first set (clear) bit at or behind from; nr_bits: none. */
size_t bitmap_next_set(const uint64_t *map, size_t nr_bits, size_t from);
size_t bitmap_next_clear(const uint64_t *map, size_t nr_bits, size_t from);

/*
 * Find the start of the first run of count clear bits at or behind from that starts at a multiple
 * of align (a power of two); nr_bits: none.
 */
size_t bitmap_find_clear_run(const uint64_t *map, size_t nr_bits, size_t from, size_t count,
                             size_t align);

/* Count the set bits. */
size_t bitmap_count(const uint64_t *map, size_t nr_bits);

static inline void bitmap_zero(uint64_t *map, size_t nr_bits)
{
    bitmap_clear_range(map, 0, nr_bits);
}

/* Find and set the first clear bit at or behind from: 0 and its number, or -ENOSPC. */
MUST_CHECK int bitmap_take(uint64_t *map, size_t nr_bits, size_t from, size_t *bit);

#define bitmap_for_each_set(bit, map, nr_bits)                                                     \
    for (size_t bit = bitmap_next_set(map, nr_bits, 0); bit < (nr_bits);                           \
         bit = bitmap_next_set(map, nr_bits, bit + 1))

#endif
