/*
 * Bounded proofs of lib/bitmap, over all contents of a map.
 *
 * cbmc: lib/bitmap/bitmap.c --unwind 5 --function prove_range
 * bound: prove_range: all maps of 192 bits, all ranges in them
 * cbmc: lib/bitmap/bitmap.c --unwind 5 --function prove_next
 * bound: prove_next: all maps of 1 to 192 bits, all places to start
 * cbmc: lib/bitmap/bitmap.c --unwind 5 --function prove_take
 * bound: prove_take: all maps of 1 to 192 bits, all places to start
 */
#include <bitmap/bitmap.h>

#define NR_BITS 192

size_t nondet_size(void);
uint64_t nondet_u64(void);
void __CPROVER_assume(bool condition);
void __CPROVER_assert(bool condition, const char *text);

static uint64_t map[BITMAP_WORDS(NR_BITS)];
static uint64_t before[BITMAP_WORDS(NR_BITS)];

static void fill(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(map); i++)
        before[i] = map[i] = nondet_u64();
}

/* One bit stands for all: it is chosen after the fact. */
void prove_range(void)
{
    size_t first = nondet_size(), count = nondet_size(), bit = nondet_size();
    bool is_inside;

    __CPROVER_assume(first <= NR_BITS && count <= NR_BITS - first && bit < NR_BITS);
    is_inside = bit >= first && bit - first < count;
    fill();
    bitmap_set_range(map, first, count);
    __CPROVER_assert(bitmap_test(map, bit) == (is_inside || bitmap_test(before, bit)),
                     "set in the range");
    bitmap_clear_range(map, first, count);
    __CPROVER_assert(bitmap_test(map, bit) == (!is_inside && bitmap_test(before, bit)),
                     "cleared in it");
}

void prove_next(void)
{
    size_t nr_bits = nondet_size(), from = nondet_size(), bit = nondet_size();
    size_t set, clear;

    __CPROVER_assume(nr_bits >= 1 && nr_bits <= NR_BITS && from <= NR_BITS && bit < NR_BITS);
    fill();
    set = bitmap_next_set(map, nr_bits, from);
    clear = bitmap_next_clear(map, nr_bits, from);
    __CPROVER_assert(set <= nr_bits && clear <= nr_bits, "inside, or none");
    if (set < nr_bits)
        __CPROVER_assert(set >= from && bitmap_test(map, set), "a set bit at or behind from");
    if (clear < nr_bits)
        __CPROVER_assert(clear >= from && !bitmap_test(map, clear),
                         "a clear bit at or behind from");
    if (bit >= from && bit < set)
        __CPROVER_assert(!bitmap_test(map, bit), "no earlier set bit");
    if (bit >= from && bit < clear)
        __CPROVER_assert(bitmap_test(map, bit), "no earlier clear bit");
}

void prove_take(void)
{
    size_t nr_bits = nondet_size(), from = nondet_size(), bit = nondet_size();
    size_t taken;

    __CPROVER_assume(nr_bits >= 1 && nr_bits <= NR_BITS && from <= NR_BITS && bit < NR_BITS);
    fill();
    if (bitmap_take(map, nr_bits, from, &taken) == 0) {
        __CPROVER_assert(taken >= from && taken < nr_bits, "inside");
        __CPROVER_assert(!bitmap_test(before, taken) && bitmap_test(map, taken),
                         "was clear, is set");
        __CPROVER_assert(bit == taken || bitmap_test(map, bit) == bitmap_test(before, bit),
                         "no other");
    } else {
        __CPROVER_assert(bit < from || bit >= nr_bits || bitmap_test(before, bit),
                         "there was none");
        __CPROVER_assert(bitmap_test(map, bit) == bitmap_test(before, bit), "nothing changed");
    }
}
