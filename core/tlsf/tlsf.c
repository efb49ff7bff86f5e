/*
 * Two-level segregated fit: pools, aligned and in-place variants, walking and checking. The
 * representation and the hot paths are in <tlsf/inline.h>.
 */
#include <base/errno.h>
#include <tlsf/inline.h>

/* At the start of a pool's memory; its first block's payload follows 16 bytes behind. */
struct tlsf_pool {
    char *end; /* payload of the last block, one past the pool's memory */
    uint64_t reserved;
};

#define POOL_OVERHEAD (sizeof(struct tlsf_pool) + 16)

static char *pool_first(const struct tlsf_pool *pool)
{
    return (char *)pool + POOL_OVERHEAD;
}

void tlsf_init(struct tlsf *t)
{
    *t = (struct tlsf){0};
}

/*
 * Initialise the lists of blocks up to this size. A small heap does without the lists of larger
 * blocks, and so does not touch their pages.
 */
static void lists_prepare(struct tlsf *t, uint64_t size)
{
    struct tlsf_links *head = &t->classes[tlsf_class_of(size)];

    for (; head != t->classes && !head->next; head--)
        head->next = head->prev = head;
}

COLD struct tlsf_pool *tlsf_pool_add(struct tlsf *t, void *mem, size_t nr_bytes)
{
    uintptr_t start = ALIGN_UP((uintptr_t)mem, TLSF_ALIGN);
    uintptr_t end = ALIGN_DOWN((uintptr_t)mem + nr_bytes, TLSF_ALIGN);
    struct tlsf_pool *pool = (struct tlsf_pool *)start;
    char *p;

    if (nr_bytes > TLSF_MAX_SIZE || end < start || end - start < POOL_OVERHEAD + TLSF_MIN_BLOCK)
        return NULL;
    pool->end = (char *)end;
    p = pool_first(pool); /* a used block, which becomes free */
    lists_prepare(t, (uint64_t)(pool->end - p));
    *tlsf_head(p) = (uint64_t)(pool->end - p);
    *tlsf_head(pool->end) = 0;
    tlsf_free_compact(t, p);
    return pool;
}

bool tlsf_pool_is_free(const struct tlsf_pool *pool)
{
    const char *p = pool_first(pool);

    return (*tlsf_head(p) & TLSF_BLOCK_FREE) && p + tlsf_size(p) == pool->end;
}

int tlsf_pool_remove(struct tlsf *t, struct tlsf_pool *pool)
{
    if (!tlsf_pool_is_free(pool))
        return -EBUSY;
    tlsf_unlink(t, pool_first(pool));
    return 0;
}

/* Return the largest request whose class search certainly finds a block of `have` bytes. */
size_t tlsf_pool_capacity(size_t nr_bytes)
{
    uint64_t have;
    unsigned log2;

    if (nr_bytes < POOL_OVERHEAD + TLSF_MIN_BLOCK)
        return 0;
    have = MIN(ALIGN_DOWN(nr_bytes, TLSF_ALIGN), TLSF_MAX_SIZE) - POOL_OVERHEAD;
    if (have >= 1ul << TLSF_LINEAR_LOG2) {
        log2 = bit_highest32((uint32_t)have);
        have = ALIGN_DOWN(have, 1ul << (log2 - TLSF_STEPS_LOG2));
    }
    return have - TLSF_OVERHEAD;
}

COLD size_t tlsf_pool_size_for(size_t align, size_t size)
{
    uint64_t need;

    if (size >= TLSF_MAX_SIZE / 2 || align >= TLSF_MAX_SIZE / 4)
        return SIZE_MAX;
    need = tlsf_block_size(size);
    if (align > TLSF_ALIGN)
        need += align + TLSF_MIN_BLOCK;
    return need + POOL_OVERHEAD;
}

void *tlsf_alloc(struct tlsf *t, size_t size)
{
    return tlsf_alloc_inline(t, size);
}

size_t tlsf_free(struct tlsf *t, void *p)
{
    return tlsf_free_inline(t, p);
}

COLD size_t tlsf_free_compact(struct tlsf *t, void *p)
{
    return tlsf_free_inline(t, p);
}

/* Split a used block after so many bytes; returns the second one. */
static COLD char *cut(char *p, uint64_t size)
{
    char *rest = p + size;
    uint64_t rest_size = tlsf_size(p) - size;

    TLSF_STORE(*tlsf_head(p), TLSF_LOAD(*tlsf_head(p)) - rest_size);
    TLSF_STORE(*tlsf_head(rest), rest_size);
    return rest;
}

/*
 * Make an aligned used block from a block that is large enough for any placement; the rest before
 * and behind it becomes free.
 */
static COLD void *place(struct tlsf *t, char *p, size_t align, uint64_t size)
{
    uint64_t have = TLSF_LOAD(*tlsf_head(p)) - TLSF_BLOCK_FREE;
    char *aligned = (char *)ALIGN_UP((uintptr_t)p, align);

    if (aligned != p && aligned - p < TLSF_MIN_BLOCK)
        aligned = (char *)ALIGN_UP((uintptr_t)p + TLSF_MIN_BLOCK, align);
    TLSF_STORE(*tlsf_head(p), have);
    TLSF_FLAG(*tlsf_head(p + have), TLSF_LOAD(*tlsf_head(p + have)) & ~TLSF_BLOCK_PREV_FREE);
    if (aligned != p) {
        cut(p, (uint64_t)(aligned - p));
        tlsf_free_compact(t, p);
    }
    if (tlsf_size(aligned) - size >= TLSF_MIN_BLOCK)
        tlsf_free_compact(t, cut(aligned, size));
    return aligned;
}

/* With an alignment that every block has, this is tlsf_alloc compiled for size. */
COLD void *tlsf_alloc_aligned(struct tlsf *t, size_t align, size_t request)
{
    uint64_t size = tlsf_block_size(request);
    char *p;

    if (request >= TLSF_MAX_SIZE / 2 || align >= TLSF_MAX_SIZE / 4)
        return NULL;
    p = tlsf_take(t, align <= TLSF_ALIGN ? size : size + align + TLSF_MIN_BLOCK);
    return p ? place(t, p, align, size) : NULL;
}

COLD void *tlsf_pool_alloc(struct tlsf *t, struct tlsf_pool *pool, size_t align, size_t request)
{
    char *p = pool_first(pool);

    tlsf_unlink(t, p);
    return place(t, p, align, tlsf_block_size(request));
}

bool tlsf_resize(struct tlsf *t, void *p, size_t request)
{
    uint64_t size = tlsf_block_size(request);
    uint64_t head = TLSF_LOAD(*tlsf_head(p));
    uint64_t have = head & ~TLSF_BLOCK_FLAGS;
    char *next = (char *)p + have;
    uint64_t next_head = TLSF_LOAD(*tlsf_head(next));

    if (request >= TLSF_MAX_SIZE / 2)
        return false;
    if (next_head & TLSF_BLOCK_FREE) {
        uint64_t together = have + next_head - TLSF_BLOCK_FREE;

        if (size > together)
            return false;
        if (size <= have && have - size < TLSF_MIN_BLOCK)
            return true;
        tlsf_unlink(t, next);
        have = together;
    } else if (size > have) {
        return false;
    }
    tlsf_trim(t, p, have, size, head & TLSF_BLOCK_PREV_FREE);
    return true;
}

size_t tlsf_usable_size(const void *p)
{
    return tlsf_size_unlocked(p) - TLSF_OVERHEAD;
}

const char *tlsf_check(const struct tlsf *t)
{
    for (unsigned class = 0; class < TLSF_NR_CLASSES; class ++) {
        const struct tlsf_links *head = &t->classes[class];

        if ((head->next && head->next != head) !=
            (t->words[class / TLSF_WORD_BITS] >> class % TLSF_WORD_BITS & 1))
            return "a class's bit does not match its list";
        if (!head->next)
            continue;
        for (const struct tlsf_links *n = head->next; n != head; n = n->next) {
            if (n->next->prev != n || n->prev->next != n)
                return "a list's links do not match";
            if (!(*tlsf_head(n) & TLSF_BLOCK_FREE))
                return "a list holds a used block";
            if (tlsf_class_of(tlsf_size(n)) != class)
                return "a block is in the wrong class";
        }
    }
    for (unsigned i = 0; i < TLSF_NR_WORDS; i++)
        if ((t->words[i] != 0) != (t->summary >> i & 1))
            return "the summary does not match a word";
    return NULL;
}

/* True if p is in the list for its size. */
static bool is_listed(const struct tlsf *t, const char *p)
{
    const struct tlsf_links *head = &t->classes[tlsf_class_of(tlsf_size(p))];

    for (const struct tlsf_links *n = head->next; n && n != head; n = n->next)
        if ((const char *)n == p)
            return true;
    return false;
}

const char *tlsf_pool_check(const struct tlsf *t, const struct tlsf_pool *pool)
{
    bool prev_is_free = false;
    const char *p = pool_first(pool), *prev = NULL;

    for (; p < pool->end; prev = p, p += tlsf_size(p)) {
        uint64_t head = *tlsf_head(p);
        bool is_free = head & TLSF_BLOCK_FREE;

        if (tlsf_size(p) < TLSF_MIN_BLOCK || !IS_ALIGNED((uintptr_t)p, TLSF_ALIGN))
            return "a block is too small or misaligned";
        if (prev_is_free != !!(head & TLSF_BLOCK_PREV_FREE))
            return "a block's flag about its predecessor is wrong";
        if (prev_is_free && *tlsf_prev(p) != prev)
            return "a block's back pointer is wrong";
        if (prev_is_free && is_free)
            return "two neighbours are free";
        if (is_free && !is_listed(t, p))
            return "a free block is in no list";
        prev_is_free = is_free;
    }
    if (p != pool->end || tlsf_size(p) != 0 || (*tlsf_head(p) & TLSF_BLOCK_FREE))
        return "the last block is damaged";
    if (prev_is_free != !!(*tlsf_head(p) & TLSF_BLOCK_PREV_FREE))
        return "the last block's flag about its predecessor is wrong";
    return NULL;
}
