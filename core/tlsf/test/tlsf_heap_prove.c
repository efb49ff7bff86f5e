/*
 * Bounded proofs of core/tlsf's free lists and block headers: one operation, from every state that
 * the invariants of <tlsf/inline.h> allow, leaves one that they allow; so any number of them does.
 *
 * The states: a pool of 12 granules (16 bytes each) cut in any way into blocks, free or used (no
 * two free ones being neighbours), the free ones in the lists of their classes in any sequence. The
 * contents of used blocks are arbitrary and must survive. There are few classes (2 per power of
 * two) and few of them in a word (4), so that the search crosses words.
 *
 * Memory is an array of words, below TLSF_LOAD and TLSF_STORE: a word holds a number, or an address
 * as its distance from the allocator's struct. Heads, back pointers, links and contents share the
 * words as they do in memory. An access outside the pool and the lists' heads fails.
 *
 * cbmc: --unwind 52 --function prove_alloc
 * bound: prove_alloc: a pool of 192 bytes, up to 6 blocks, any request; one operation
 * cbmc: --unwind 52 --function prove_free
 * bound: prove_free: a pool of 192 bytes, up to 6 blocks, any of them; one operation
 * cbmc: --unwind 52 --function prove_resize
 * bound: prove_resize: a pool of 192 bytes, up to 6 blocks, any of them, any request; one operation
 * cbmc: --unwind 52 --function prove_alloc_aligned
 * bound: prove_alloc_aligned: a pool of 192 bytes, up to 6 blocks, any request aligned to 16 to 64
 */
#define TLSF_SIZE_LOG2  9
#define TLSF_STEPS_LOG2 1
#define TLSF_WORD_BITS  4

#define TLSF_LOAD(place) (_Generic((place), uint64_t : load_word, default : load_pointer)(&(place)))
#define TLSF_STORE(place, value)                                                                   \
    (_Generic((place), uint64_t : store_word, default : store_pointer)(&(place), (value)))
#define TLSF_FLAG TLSF_STORE

#include <base/types.h>

static uint64_t load_word(const void *at);
static void *load_pointer(const void *at);
static void store_word(void *at, uint64_t value);
static void store_pointer(void *at, const void *value);

#include <tlsf/inline.h>

#include "tlsf.c"

#define NR_GRANULES 12u
#define MAX_FREE    3u /* free blocks that are no neighbours, all of two granules or more */

/* Places are counted in granules from the struct on: lists' heads, then blocks by payload. */
#define HEADS    (offsetof(struct tlsf, classes) / 16)
#define BLOCKS   (sizeof(struct tlsf) / 16 + 1)
#define NR_UNITS (BLOCKS + NR_GRANULES)

unsigned nondet_unsigned(void);
uint16_t nondet_u16(void);
size_t nondet_size(void);
void __CPROVER_assume(bool condition);
void __CPROVER_assert(bool condition, const char *text);

/* Never read nor written, but for the bitmaps: addresses are taken. */
static struct {
    struct tlsf t;
    char pool[16 * (NR_GRANULES + 1)];
} arena;

_Static_assert(sizeof(struct tlsf) % 16 == 0, "granules");

#define NR_WORDS (2 * NR_UNITS)

static uint16_t words[NR_WORDS], words_before[NR_WORDS];

static unsigned index_of(const void *at)
{
    uint64_t offset = __CPROVER_POINTER_OFFSET(at);

    __CPROVER_assert(__CPROVER_same_object(at, &arena), "an address of the heap");
    __CPROVER_assert(offset % 8 == 0, "the address of a word");
    __CPROVER_assert(offset >= 16 * HEADS && offset < sizeof(arena), "no other memory");
    return (unsigned)(offset / 8) % NR_WORDS;
}

static uint64_t load_word(const void *at)
{
    return words[index_of(at)];
}

static void store_word(void *at, uint64_t value)
{
    __CPROVER_assert(value <= UINT16_MAX, "a size and flags");
    words[index_of(at)] = (uint16_t)value;
}

static void *load_pointer(const void *at)
{
    return (char *)&arena + words[index_of(at)];
}

static void store_pointer(void *at, const void *value)
{
    __CPROVER_assert(__CPROVER_same_object(value, &arena), "an address of the heap to keep");
    words[index_of(at)] = (uint16_t)__CPROVER_POINTER_OFFSET(value);
}

/* The heap as its heads give it; granules of the pool, as sets. */
struct state {
    uint32_t begins;     /* those where a block begins; the pool's end does as well */
    uint32_t free;       /* of these: free */
    uint32_t free_cover; /* all granules of free blocks */
    uint8_t size[NR_GRANULES];
};

static void *payload_of(unsigned granule)
{
    return (char *)&arena + 16 * (BLOCKS + granule);
}

/* Reads the heads from the first to the last, and tells whether they and the back pointers
 * agree. */
static bool blocks_are_right(struct state *s)
{
    bool is_right = true, prev_is_free = false;
    unsigned prev = 0;

    s->begins = 1;
    s->free = s->free_cover = 0;
    for (unsigned i = 0; i <= NR_GRANULES; i++) {
        unsigned head = words[2 * (BLOCKS + i) - 1];
        unsigned size = head / 16;

        if (i < NR_GRANULES)
            s->size[i] = 0;
        if (!(s->begins >> i & 1))
            continue;
        is_right &= (head & TLSF_BLOCK_FLAGS) <= (TLSF_BLOCK_FREE | TLSF_BLOCK_PREV_FREE);
        is_right &= !!(head & TLSF_BLOCK_PREV_FREE) == prev_is_free;
        is_right &= !prev_is_free || words[2 * (BLOCKS + i) - 2] == 16 * (BLOCKS + prev);
        is_right &= !prev_is_free || !(head & TLSF_BLOCK_FREE);
        if (i == NR_GRANULES) {
            is_right &= size == 0 && !(head & TLSF_BLOCK_FREE);
            continue;
        }
        is_right &= size >= 2 && size <= NR_GRANULES - i;
        if (size > NR_GRANULES - i)
            size = NR_GRANULES - i;
        s->size[i] = (uint8_t)size;
        s->begins |= 1u << (i + size);
        prev = i;
        prev_is_free = head & TLSF_BLOCK_FREE;
        if (prev_is_free) {
            s->free |= 1u << i;
            s->free_cover |= ((1u << size) - 1) << i;
        }
    }
    return is_right && s->begins >> NR_GRANULES == 1;
}

/* Each class's list is a ring, both ways, of the free blocks of its size and of all of them. */
static bool lists_are_right(const struct state *s)
{
    uint8_t next[NR_UNITS], prev[NR_UNITS], class_of[NR_GRANULES];
    bool is_right = true;

    for (unsigned i = 0; i < NR_UNITS; i++) {
        next[i] = words[2 * i] % 16 == 0 && words[2 * i] / 16 < NR_UNITS ? words[2 * i] / 16 : 0;
        prev[i] = words[2 * i + 1] % 16 == 0 && words[2 * i + 1] / 16 < NR_UNITS
                      ? words[2 * i + 1] / 16
                      : 0;
    }
    for (unsigned i = 0; i < NR_GRANULES; i++)
        class_of[i] = (uint8_t)tlsf_class_of(16u * s->size[i]);
    for (unsigned class = 0; class < TLSF_NR_CLASSES; class ++) {
        unsigned head = HEADS + class, node = head;
        uint32_t listed = 0, expected = 0;

        for (unsigned i = 0; i < NR_GRANULES; i++)
            expected |= (uint32_t)(class_of[i] == class) << i & s->free;
        for (unsigned i = 0; i <= MAX_FREE; i++) {
            is_right &= prev[next[node]] == node;
            node = next[node];
            if (node == head)
                break;
            is_right &= node >= BLOCKS && !(listed >> (node - BLOCKS) & 1);
            listed |= node >= BLOCKS ? 1u << (node - BLOCKS) : 0;
        }
        is_right &= node == head && listed == expected;
        is_right &= (arena.t.words[class / TLSF_WORD_BITS] >> class % TLSF_WORD_BITS & 1) ==
                    (expected != 0);
    }
    for (unsigned i = 0; i < TLSF_NR_WORDS; i++) {
        is_right &= arena.t.words[i] >> TLSF_WORD_BITS == 0;
        is_right &= (arena.t.summary >> i & 1) == (arena.t.words[i] != 0);
    }
    is_right &= arena.t.words[TLSF_NR_WORDS - 1] >> (TLSF_NR_CLASSES % TLSF_WORD_BITS) == 0;
    return is_right && arena.t.summary >> TLSF_NR_WORDS == 0;
}

static void any_state(struct state *s)
{
    for (unsigned i = 0; i < NR_WORDS; i++)
        words[i] = words_before[i] = nondet_u16();
    for (unsigned i = 0; i < TLSF_NR_WORDS; i++)
        arena.t.words[i] = nondet_u16();
    arena.t.summary = nondet_u16();
    __CPROVER_assume(blocks_are_right(s));
    __CPROVER_assume(lists_are_right(s));
}

/* Any used block. */
static unsigned any_used(const struct state *s)
{
    unsigned i = nondet_unsigned();

    __CPROVER_assume(i < NR_GRANULES && (s->begins & ~s->free) >> i & 1);
    return i;
}

static unsigned granule_of(const void *p)
{
    uint64_t offset = __CPROVER_POINTER_OFFSET(p);

    __CPROVER_assert(__CPROVER_same_object(p, &arena) && offset % 16 == 0, "aligned to 16");
    __CPROVER_assert(offset >= 16 * BLOCKS && offset < sizeof(arena), "in the pool");
    return (unsigned)(offset / 16 - BLOCKS) % NR_GRANULES;
}

/*
 * The invariants, and that all used blocks but `subject` are what they were: one of them and a word
 * of its contents stand for all.
 */
static void check_state(const struct state *before, struct state *after, unsigned subject)
{
    unsigned i = nondet_unsigned(), at = nondet_unsigned();

    __CPROVER_assert(blocks_are_right(after), "heads and back pointers");
    __CPROVER_assert(lists_are_right(after), "lists and bitmaps");
    __CPROVER_assert(((before->begins & ~before->free) & ~(1u << subject)) ==
                         ((after->begins & ~after->free) & ~(1u << subject)),
                     "no other block comes or goes");
    if (i < NR_GRANULES && i != subject && (before->begins & ~before->free) >> i & 1) {
        __CPROVER_assert(after->size[i] == before->size[i], "the others keep their sizes");
        if (at >= 2 * (BLOCKS + i) && at < 2 * (BLOCKS + i + before->size[i]) - 1)
            __CPROVER_assert(words[at] == words_before[at], "the others keep their contents");
    }
}

static void check_unchanged(void)
{
    unsigned at = nondet_unsigned();

    if (at >= 2 * HEADS && at < NR_WORDS)
        __CPROVER_assert(words[at] == words_before[at], "nothing changed");
}

static bool has_block_for(const struct state *s, uint64_t size)
{
    bool has = false;

    for (unsigned i = 0; i < NR_GRANULES; i++)
        has |= (s->free >> i & 1) && tlsf_class_of(16u * s->size[i]) >= tlsf_class_for(size);
    return has;
}

static void check_new(const struct state *before, const void *p, size_t request)
{
    struct state after;
    unsigned granule = granule_of(p);
    uint32_t cover;

    check_state(before, &after, granule);
    cover = ((1u << after.size[granule]) - 1) << granule;
    __CPROVER_assert((after.begins & ~after.free) >> granule & 1, "a used block");
    __CPROVER_assert(16ul * after.size[granule] >= request + TLSF_OVERHEAD, "large enough");
    __CPROVER_assert((before->free_cover & cover) == cover, "made of what was free");
    __CPROVER_assert((before->free_cover & ~cover) == after.free_cover, "and of nothing else");
}

void prove_alloc(void)
{
    struct state before;
    size_t request = nondet_size();
    void *p;

    any_state(&before);
    p = tlsf_alloc(&arena.t, request);
    if (p == NULL) {
        __CPROVER_assert(request >= TLSF_MAX_SIZE / 2 ||
                             !has_block_for(&before, tlsf_block_size(request)),
                         "no block is large enough");
        check_unchanged();
    } else {
        check_new(&before, p, request);
    }
}

void prove_alloc_aligned(void)
{
    struct state before;
    size_t request = nondet_size(), align = 16u << nondet_unsigned() % 3;
    void *p;

    any_state(&before);
    p = tlsf_alloc_aligned(&arena.t, align, request);
    if (p == NULL) {
        __CPROVER_assert(
            request >= TLSF_MAX_SIZE / 2 ||
                !has_block_for(&before, tlsf_block_size(request) + align + TLSF_MIN_BLOCK),
            "no block is large enough");
        check_unchanged();
    } else {
        __CPROVER_assert(__CPROVER_POINTER_OFFSET(p) % align == 0, "aligned");
        check_new(&before, p, request);
    }
}

void prove_free(void)
{
    struct state before, after;
    unsigned granule;
    uint32_t cover;
    size_t nr_bytes;

    any_state(&before);
    granule = any_used(&before);
    cover = ((1u << before.size[granule]) - 1) << granule;
    nr_bytes = tlsf_free(&arena.t, payload_of(granule));
    check_state(&before, &after, granule);
    __CPROVER_assert(after.free_cover == (before.free_cover | cover), "it is free, no more is");
    for (unsigned i = 0; i < NR_GRANULES; i++)
        if ((after.free >> i & 1) && i <= granule && i + after.size[i] > granule)
            __CPROVER_assert(nr_bytes == 16u * after.size[i], "the size of the free block");
}

void prove_resize(void)
{
    struct state before, after;
    size_t request = nondet_size();
    unsigned granule, size, behind, at = nondet_unsigned();

    any_state(&before);
    granule = any_used(&before);
    size = before.size[granule];
    behind = granule + size < NR_GRANULES && before.free >> (granule + size) & 1
                 ? before.size[granule + size]
                 : 0;
    if (tlsf_resize(&arena.t, payload_of(granule), request)) {
        check_state(&before, &after, granule);
        __CPROVER_assert((after.begins & ~after.free) >> granule & 1, "a used block");
        __CPROVER_assert(16ul * after.size[granule] >= request + TLSF_OVERHEAD, "large enough");
        __CPROVER_assert(after.size[granule] <= size + behind, "of its own and what was free");
        size = MIN(size, (unsigned)after.size[granule]);
        if (at >= 2 * (BLOCKS + granule) && at < 2 * (BLOCKS + granule + size) - 1)
            __CPROVER_assert(words[at] == words_before[at], "it keeps its contents");
    } else {
        __CPROVER_assert(request >= TLSF_MAX_SIZE / 2 ||
                             tlsf_block_size(request) > 16ul * (size + behind),
                         "no room");
        check_unchanged();
    }
}
