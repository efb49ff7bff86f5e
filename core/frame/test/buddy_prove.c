/*
 * Bounded proofs of the buddy's splitting, merging and lists: one operation, from every state that
 * the invariants allow, leaves one that they allow; so any number of operations does.
 *
 * The states: every set of disjoint free blocks of which no two could merge, in lists of every
 * sequence, in a zone that is open from any frame to any other. The frames that begin no free block
 * say anything but FRAME_FREE, and those that are not open may say FRAME_FREE, so that a merge
 * beyond the watermarks would show.
 *
 * The invariants are stated on small numbers that are read off the descriptors once before and once
 * after the operation: sets of frames are words, a link is the number of the node it points to.
 *
 * cbmc: --unwind 12 --function prove_take
 * bound: prove_take: zones of up to 8 frames, orders 0 to 2, one allocation from any state
 * cbmc: --unwind 12 --function prove_free
 * bound: prove_free: zones of up to 8 frames, orders 0 to 2, one release into any state
 */
#define FRAME_MAX_ORDER       2
#define FRAME_DESCRIPTORS     frames
#define FRAME_PROOF_LINKS     links
#define FRAME_PROOF_NR_FRAMES 8u

#include "buddy.c"

#define NR_FRAMES FRAME_PROOF_NR_FRAMES
#define NR_NODES  (NR_FRAMES + FRAME_NR_ORDERS) /* the frames' links, then the lists' heads */

unsigned nondet_unsigned(void);
uint8_t nondet_u8(void);
bool nondet_bool(void);
void __CPROVER_assume(bool condition);
void __CPROVER_assert(bool condition, const char *text);

struct frame frames[NR_FRAMES];
struct list links[NR_NODES];
static struct zone zone;

/* The state as descriptors and lists give it. */
struct state {
    uint32_t begins[FRAME_NR_ORDERS]; /* frames that begin a free block of the order */
    uint32_t covers[FRAME_NR_ORDERS]; /* all frames of those blocks */
    uint8_t next[NR_NODES], prev[NR_NODES];
};

/* section.c has extra sections as well; for the buddy it is a yes or a no for each frame. */
bool zone_is_open(const struct zone *z, pfn_t pfn)
{
    return pfn >= z->base && pfn < z->low;
}

static uint32_t mask_of(pfn_t first, unsigned order)
{
    return (uint32_t)((1ul << (1u << order)) - 1) << first;
}

/* Frames of RAM that may be given out. */
static uint32_t open_mask(void)
{
    return (uint32_t)((1ul << zone.low) - (1ul << zone.base));
}

static uint32_t free_mask(const struct state *s)
{
    uint32_t mask = 0;

    for (unsigned order = 0; order < FRAME_NR_ORDERS; order++)
        mask |= s->covers[order];
    return mask;
}

static void read_blocks(struct state *s)
{
    for (unsigned order = 0; order < FRAME_NR_ORDERS; order++) {
        s->begins[order] = s->covers[order] = 0;
        for (unsigned i = 0; i < NR_FRAMES; i++)
            if (zone_is_open(&zone, i) && frames[i].type == FRAME_FREE && frames[i].order == order)
                s->begins[order] |= 1u << i;
        for (unsigned i = 0; i < 1u << order; i++)
            s->covers[order] |= s->begins[order] << i;
    }
}

/* Sizes, alignment and disjointness of the free blocks; nothing left to merge. */
static bool blocks_are_right(const struct state *s)
{
    uint32_t seen = 0;
    bool is_right = true;

    for (unsigned i = 0; i < NR_FRAMES; i++)
        if (zone_is_open(&zone, i) && frames[i].type == FRAME_FREE)
            is_right &= frames[i].order <= FRAME_MAX_ORDER;
    for (unsigned order = 0; order < FRAME_NR_ORDERS; order++) {
        uint32_t begins = s->begins[order];

        for (unsigned i = 0; i < NR_FRAMES; i++)
            is_right &= !(begins >> i & 1) || (i & ((1u << order) - 1)) == 0;
        for (unsigned i = 0; order < FRAME_MAX_ORDER && i < NR_FRAMES; i += 2u << order)
            is_right &= !(begins >> i & begins >> (i + (1u << order)) & 1);
        is_right &= (s->covers[order] & ~open_mask()) == 0 && (s->covers[order] & seen) == 0;
        seen |= s->covers[order];
    }
    return is_right;
}

/* Each list is a ring, both ways, of the blocks of its order and of all of them. */
static bool lists_are_right(const struct state *s)
{
    bool is_right = true;

    for (unsigned order = 0; order < FRAME_NR_ORDERS; order++) {
        unsigned head = NR_FRAMES + order, node = head;
        uint32_t seen = 0;

        /* The pairs of buddies bound a list's length; of the largest blocks all may be free. */
        for (unsigned i = 0; i <= NR_FRAMES / (order == FRAME_MAX_ORDER ? 1 : 2) >> order; i++) {
            unsigned next = s->next[node];

            is_right &= next < NR_NODES && s->prev[next < NR_NODES ? next : 0] == node;
            node = next < NR_NODES ? next : head;
            if (node == head)
                break;
            is_right &= node < NR_FRAMES && !(seen >> node & 1);
            seen |= 1u << node;
        }
        is_right &= node == head && seen == s->begins[order];
    }
    return is_right;
}

static bool counts_are_right(const struct state *s)
{
    bool is_right = zone.order_mask >> FRAME_NR_ORDERS == 0;
    uint64_t nr_free = 0;

    for (unsigned order = 0; order < FRAME_NR_ORDERS; order++) {
        uint64_t nr = bit_popcount64(s->begins[order]);

        is_right &= zone.nr_blocks[order] == nr && (zone.order_mask >> order & 1) == (nr != 0);
        nr_free += nr << order;
    }
    return is_right && zone.nr_free == nr_free;
}

static void any_state(struct state *s)
{
    zone.base = nondet_u8();
    zone.low = nondet_u8();
    __CPROVER_assume(zone.base < zone.low && zone.low <= NR_FRAMES);
    zone.end = zone.high = NR_FRAMES;
    for (unsigned i = 0; i < NR_FRAMES; i++) {
        frames[i].order = nondet_u8();
        frames[i].type = nondet_u8();
    }
    read_blocks(s);
    __CPROVER_assume(blocks_are_right(s));
    for (unsigned i = 0; i < NR_NODES; i++) {
        s->next[i] = nondet_u8();
        s->prev[i] = nondet_u8();
        __CPROVER_assume(s->next[i] < NR_NODES && s->prev[i] < NR_NODES);
    }
    __CPROVER_assume(lists_are_right(s));
    for (unsigned i = 0; i < NR_NODES; i++) {
        links[i].next = &links[s->next[i]];
        links[i].prev = &links[s->prev[i]];
    }
    zone.order_mask = 0;
    zone.nr_free = 0;
    for (unsigned order = 0; order < FRAME_NR_ORDERS; order++) {
        zone.nr_blocks[order] = nondet_u8();
        zone.nr_free += zone.nr_blocks[order] << order;
        zone.order_mask |= (uint32_t)(zone.nr_blocks[order] != 0) << order;
    }
    __CPROVER_assume(counts_are_right(s));
}

static void check_state(struct state *s)
{
    read_blocks(s);
    for (unsigned i = 0; i < NR_NODES; i++) {
        s->next[i] = s->prev[i] = NR_NODES;
        for (unsigned k = 0; k < NR_NODES; k++) {
            if (links[i].next == &links[k])
                s->next[i] = (uint8_t)k;
            if (links[i].prev == &links[k])
                s->prev[i] = (uint8_t)k;
        }
    }
    __CPROVER_assert(blocks_are_right(s), "blocks are aligned, disjoint, and merged");
    __CPROVER_assert(lists_are_right(s), "every free block is in the list of its order");
    __CPROVER_assert(counts_are_right(s), "the counts and the mask agree with the lists");
}

void prove_take(void)
{
    unsigned order = nondet_unsigned();
    struct state before, after;
    bool is_possible = false;
    struct frame *f;

    __CPROVER_assume(order <= FRAME_MAX_ORDER);
    any_state(&before);
    for (unsigned k = 0; k < FRAME_NR_ORDERS; k++)
        is_possible |= k >= order && before.begins[k] != 0;
    f = buddy_take(&zone, order);
    check_state(&after);
    __CPROVER_assert((f != NULL) == is_possible, "a block iff one is large enough");
    if (f != NULL) {
        pfn_t first = frame_to_pfn(f);
        uint32_t taken = mask_of(first, order);

        __CPROVER_assert((first & ((1ul << order) - 1)) == 0, "aligned to its size");
        __CPROVER_assert(f->type == FRAME_USED && f->order == order && f->refcount == 1, "used");
        __CPROVER_assert((free_mask(&before) & taken) == taken, "all of it was free");
        __CPROVER_assert(free_mask(&after) == (free_mask(&before) & ~taken),
                         "it is free no more, all else as before");
    } else {
        __CPROVER_assert(free_mask(&after) == free_mask(&before), "nothing changed");
    }
}

void prove_free(void)
{
    unsigned order = nondet_unsigned();
    pfn_t first = nondet_u8();
    struct state before, after;
    uint32_t freed;

    __CPROVER_assume(order <= FRAME_MAX_ORDER && first < NR_FRAMES);
    __CPROVER_assume((first & ((1ul << order) - 1)) == 0);
    freed = mask_of(first, order);
    any_state(&before);
    __CPROVER_assume((freed & ~open_mask()) == 0 && (freed & free_mask(&before)) == 0);
    buddy_free(&zone, first, order);
    check_state(&after);
    __CPROVER_assert(free_mask(&after) == (free_mask(&before) | freed),
                     "it is free, all else as before");
}
