/*
 * The representation of <tlsf/tlsf.h> and its hot paths as inline functions, for a heap that wants
 * them inside its own. Everybody else includes <tlsf/tlsf.h>.
 *
 * A block is known by its payload pointer p. Around it:
 *
 *      p - 16   payload of the block before p, if that one is free; belongs to it otherwise
 *      p - 8    head: distance to the next block (a multiple of 16) | BLOCK_FREE | BLOCK_PREV_FREE
 *      p        payload; if the block is free: links of its class's list
 *      p + size payload of the next block; the last block of a pool has size 0 and is never free
 *
 * Invariants: no two free blocks are neighbours; a block's BLOCK_PREV_FREE says that the block
 * before it is free; a class's bit is set iff its list is not empty; a word's bit in `summary` is
 * set iff the word is not 0.
 *
 * The paper's first level is the power of two, its second level 32 linear steps within one. Here
 * the two indices form one number, the class, and the second-level bitmaps of two neighbouring
 * powers share a 64-bit word; `summary` is the bitmap of the words. That keeps the paper's search
 * (the rest of one word, then the next non-empty word) and makes the class of every size below 1
 * KiB one shift, for machines that cannot count zeros. Lists are circular through the class itself,
 * so that taking a block out needs neither its class nor a test for the ends. Those of classes
 * above the largest pool so far are not there yet (next is NULL): no block is ever looked for in
 * them.
 */
#ifndef TLSF_INLINE_H
#define TLSF_INLINE_H

#include <bits/bits.h>
#include <tlsf/tlsf.h>

#ifndef TLSF_STEPS_LOG2    /* smaller in proofs, like TLSF_SIZE_LOG2 */
#define TLSF_STEPS_LOG2 5  /* 32 classes per power of two */
#define TLSF_WORD_BITS  64 /* classes per word of the bitmap */
#endif
#define TLSF_LINEAR_LOG2 (TLSF_STEPS_LOG2 + 5) /* below 2^10, classes are 16 bytes apart */
#define TLSF_NR_CLASSES  ((TLSF_SIZE_LOG2 - TLSF_LINEAR_LOG2 + 2) << TLSF_STEPS_LOG2)
#define TLSF_NR_WORDS    ((TLSF_NR_CLASSES + TLSF_WORD_BITS - 1) / TLSF_WORD_BITS)

/*
 * Every operation reads and writes heads, back pointers and links through these, for the proof: it
 * puts an array of words in the place of memory, since to a model checker a pointer into bytes is
 * far dearer than an index.
 *
 * TLSF_FLAG: the head of the next block, whose flag changes. That block may be in use, and its
 * owner may read the size beside the flag meanwhile, without the heap's lock (tlsf_size_unlocked).
 */
#ifndef TLSF_LOAD
#define TLSF_LOAD(place)         (place)
#define TLSF_STORE(place, value) ((place) = (value))
#define TLSF_FLAG(place, value)  WRITE_ONCE(place, value)
#endif

#define TLSF_BLOCK_FREE      1ul
#define TLSF_BLOCK_PREV_FREE 2ul
#define TLSF_BLOCK_FLAGS     15ul

struct tlsf_links {
    struct tlsf_links *next;
    struct tlsf_links *prev;
};

struct tlsf {
    uint64_t summary;
    uint64_t words[TLSF_NR_WORDS];
    struct tlsf_links classes[TLSF_NR_CLASSES];
};

static inline uint64_t *tlsf_head(const void *p)
{
    return (uint64_t *)((char *)p - 8);
}

static inline void **tlsf_prev(const void *p)
{
    return (void **)((char *)p - 16);
}

static inline uint64_t tlsf_size(const void *p)
{
    return TLSF_LOAD(*tlsf_head(p)) & ~TLSF_BLOCK_FLAGS;
}

/* Size of a block that the caller owns, without the heap's lock. */
static inline uint64_t tlsf_size_unlocked(const void *p)
{
    return READ_ONCE(*tlsf_head(p)) & ~TLSF_BLOCK_FLAGS;
}

/* The class whose sizes begin at or below size. */
static ALWAYS_INLINE uint64_t tlsf_class_of(uint64_t size)
{
    uint64_t log2;

    if (likely(size < 1ul << TLSF_LINEAR_LOG2))
        return size >> 4;
    log2 = bit_highest32((uint32_t)size);
    return ((log2 - TLSF_LINEAR_LOG2 + 1) << TLSF_STEPS_LOG2) + (size >> (log2 - TLSF_STEPS_LOG2));
}

/* The lowest class all of whose blocks have at least size bytes. */
static ALWAYS_INLINE uint64_t tlsf_class_for(uint64_t size)
{
    uint64_t log2;

    if (likely(size < 1ul << TLSF_LINEAR_LOG2))
        return size >> 4;
    log2 = bit_highest32((uint32_t)size);
    /* A carry out of the steps moves on to the next power of two, as it should. */
    return ((log2 - TLSF_LINEAR_LOG2 + 1) << TLSF_STEPS_LOG2) +
           ((size + (1ul << (log2 - TLSF_STEPS_LOG2)) - 1) >> (log2 - TLSF_STEPS_LOG2));
}

static ALWAYS_INLINE void tlsf_link(struct tlsf *t, void *p, uint64_t size)
{
    uint64_t class = tlsf_class_of(size);
    struct tlsf_links *node = p, *head = &t->classes[class];
    struct tlsf_links *first = TLSF_LOAD(head->next);

    TLSF_STORE(node->next, first);
    TLSF_STORE(node->prev, head);
    TLSF_STORE(first->prev, node);
    TLSF_STORE(head->next, node);
    if (first == head) {
        t->words[class / TLSF_WORD_BITS] |= 1ul << class % TLSF_WORD_BITS;
        t->summary |= 1ul << class / TLSF_WORD_BITS;
    }
}

static ALWAYS_INLINE void tlsf_unlink(struct tlsf *t, void *p)
{
    struct tlsf_links *node = p, *next = TLSF_LOAD(node->next), *prev = TLSF_LOAD(node->prev);

    TLSF_STORE(prev->next, next);
    TLSF_STORE(next->prev, prev);
    if (next == prev) {
        /* The list has one other element, the head of the class, whose index is the class. */
        uint64_t class = (uint64_t)(next - t->classes);
        uint64_t word = t->words[class / TLSF_WORD_BITS] & ~(1ul << class % TLSF_WORD_BITS);

        t->words[class / TLSF_WORD_BITS] = word;
        if (word == 0)
            t->summary &= ~(1ul << class / TLSF_WORD_BITS);
    }
}

/* The block size for a request. */
static ALWAYS_INLINE uint64_t tlsf_block_size(size_t size)
{
    return size <= TLSF_MIN_BLOCK - TLSF_OVERHEAD ? TLSF_MIN_BLOCK
                                                  : ALIGN_UP(size + TLSF_OVERHEAD, TLSF_ALIGN);
}

/* Unlink a free block of at least `size` bytes; NULL: none. */
static ALWAYS_INLINE void *tlsf_take(struct tlsf *t, uint64_t size)
{
    uint64_t class = tlsf_class_for(size);
    uint64_t index = class / TLSF_WORD_BITS;
    uint64_t candidates = t->words[index] & (~0ul << class % TLSF_WORD_BITS);
    uint64_t word, bit;
    struct tlsf_links *head, *node, *next;

    if (candidates == 0) {
        uint64_t rest = t->summary & (~1ul << index);

        if (rest == 0)
            return NULL;
        index = bit_lowest64(rest);
        candidates = t->words[index];
    }
    bit = candidates & -candidates;
    head = &t->classes[index * TLSF_WORD_BITS] + bit_index64(bit);
    node = TLSF_LOAD(head->next);
    next = TLSF_LOAD(node->next);
    TLSF_STORE(head->next, next);
    TLSF_STORE(next->prev, head);
    if (next == head) {
        word = t->words[index] ^ bit;
        t->words[index] = word;
        if (word == 0)
            t->summary ^= 1ul << index;
    }
    return node;
}

/*
 * Block p has `have` bytes, is in no list and its neighbours are not free; it becomes a used block
 * of `size` bytes, flags kept, and what is left over becomes a free block if it is large enough.
 */
static ALWAYS_INLINE void tlsf_trim(struct tlsf *t, void *p, uint64_t have, uint64_t size,
                                    uint64_t flags)
{
    char *next = (char *)p + have;

    if (have - size >= TLSF_MIN_BLOCK) {
        char *rest = (char *)p + size;

        TLSF_STORE(*tlsf_head(p), size | flags);
        TLSF_STORE(*tlsf_head(rest), (have - size) | TLSF_BLOCK_FREE);
        TLSF_STORE(*tlsf_prev(next), rest);
        TLSF_FLAG(*tlsf_head(next), TLSF_LOAD(*tlsf_head(next)) | TLSF_BLOCK_PREV_FREE);
        tlsf_link(t, rest, have - size);
    } else {
        TLSF_STORE(*tlsf_head(p), have | flags);
        TLSF_FLAG(*tlsf_head(next), TLSF_LOAD(*tlsf_head(next)) & ~TLSF_BLOCK_PREV_FREE);
    }
}

static ALWAYS_INLINE void *tlsf_alloc_inline(struct tlsf *t, size_t request)
{
    uint64_t size = tlsf_block_size(request);
    uint64_t have;
    void *p;

    if (unlikely(request >= TLSF_MAX_SIZE / 2))
        return NULL;
    p = tlsf_take(t, size);
    if (unlikely(!p))
        return NULL;
    have = TLSF_LOAD(*tlsf_head(p)) - TLSF_BLOCK_FREE;
    tlsf_trim(t, p, have, size, 0);
    return p;
}

static ALWAYS_INLINE size_t tlsf_free_inline(struct tlsf *t, void *p)
{
    uint64_t head = TLSF_LOAD(*tlsf_head(p));
    uint64_t size = head & ~TLSF_BLOCK_FLAGS;
    char *next = (char *)p + size;
    uint64_t next_head = TLSF_LOAD(*tlsf_head(next));

    if (head & TLSF_BLOCK_PREV_FREE) {
        p = TLSF_LOAD(*tlsf_prev(p));
        tlsf_unlink(t, p);
        size += TLSF_LOAD(*tlsf_head(p)) - TLSF_BLOCK_FREE;
    }
    if (next_head & TLSF_BLOCK_FREE) {
        tlsf_unlink(t, next);
        size += next_head - TLSF_BLOCK_FREE;
        next = (char *)p + size;
    } else {
        TLSF_FLAG(*tlsf_head(next), next_head | TLSF_BLOCK_PREV_FREE);
    }
    TLSF_STORE(*tlsf_prev(next), p);
    TLSF_STORE(*tlsf_head(p), size | TLSF_BLOCK_FREE);
    tlsf_link(t, p, size);
    return size;
}

#endif
