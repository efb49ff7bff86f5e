/*
 * Bit ranges and searches, a word at a time.
 */
#include <base/errno.h>
#include <bitmap/bitmap.h>
#include <bits/bits.h>

/* The bits of word index that lie in [first, end). */
static uint64_t range_mask(size_t index, size_t first, size_t end)
{
    size_t low = index * 64 < first ? first - index * 64 : 0;
    size_t high = MIN(end - index * 64, (size_t)64); /* 1 to 64 */

    return (~0ull << low) & (~0ull >> (64 - high));
}

void bitmap_set_range(uint64_t *map, size_t first, size_t count)
{
    size_t end = first + count;

    for (size_t i = first / 64; count && i * 64 < end; i++)
        map[i] |= range_mask(i, first, end);
}

void bitmap_clear_range(uint64_t *map, size_t first, size_t count)
{
    size_t end = first + count;

    for (size_t i = first / 64; count && i * 64 < end; i++)
        map[i] &= ~range_mask(i, first, end);
}

/* The first bit at or behind from that is set in map ^ flip. */
static size_t next_bit(const uint64_t *map, size_t nr_bits, size_t from, uint64_t flip)
{
    uint64_t word;
    size_t i;

    if (from >= nr_bits)
        return nr_bits;
    i = from / 64;
    word = (map[i] ^ flip) & (~0ull << (from % 64));
    while (!word) {
        if (++i * 64 >= nr_bits)
            return nr_bits;
        word = map[i] ^ flip;
    }
    return MIN(i * 64 + bit_lowest64(word), nr_bits);
}

size_t bitmap_next_set(const uint64_t *map, size_t nr_bits, size_t from)
{
    return next_bit(map, nr_bits, from, 0);
}

size_t bitmap_next_clear(const uint64_t *map, size_t nr_bits, size_t from)
{
    return next_bit(map, nr_bits, from, ~0ull);
}

size_t bitmap_find_clear_run(const uint64_t *map, size_t nr_bits, size_t from, size_t count,
                             size_t align)
{
    size_t start = ALIGN_UP(from, align);

    while (start < nr_bits && count <= nr_bits - start) {
        size_t set = bitmap_next_set(map, start + count, start);

        if (set == start + count)
            return start;
        start = bitmap_next_clear(map, nr_bits, set + 1);
        start = ALIGN_UP(start, align);
    }
    return nr_bits;
}

size_t bitmap_count(const uint64_t *map, size_t nr_bits)
{
    size_t count = 0;

    for (size_t i = 0; i * 64 < nr_bits; i++)
        count += bit_popcount64(map[i] & range_mask(i, 0, nr_bits));
    return count;
}

int bitmap_take(uint64_t *map, size_t nr_bits, size_t from, size_t *bit)
{
    size_t found = bitmap_next_clear(map, nr_bits, from);

    if (found >= nr_bits)
        return -ENOSPC;
    bitmap_set(map, found);
    *bit = found;
    return 0;
}
