/*
 * Wrapping, checking, holding back and listing of heap blocks; see <heapdebug/heapdebug.h>.
 *
 * The list of all blocks is in allocation order, so that heap_leaks_mark() is a sequence number.
 * The report groups by call site without allocating: it finds the sites one after the other,
 * largest first, by walking the list once per site.
 */
#include <heapdebug/heapdebug.h>
#include <list/list.h>
#include <lock/spinlock.h>
#include <log/log.h>
#include <shadow/shadow.h>
#include <string/string.h>

#ifdef DEBUG

#define MAGIC_USED  0x7573656400c0ffeeull
#define MAGIC_FREED 0x667265650badc0deull
#define REDZONE     0xbd
#define REDZONE_LEN 16
#define FILL_NEW    0xa5 /* so that no caller relies on zeros */
#define FILL_FREED  0x6b /* as core/slab's and core/frame's */
#define FILLED_WORD 0x6b6b6b6b6b6b6b6bull

#define HELD_BLOCKS    256
#define HELD_BYTES     KIB(256)
#define HELD_MAX_BLOCK KIB(64)
#define NR_RECENT      4
#define RECENT_BYTES   KIB(4) /* of each that are looked at */

static struct spinlock blocks_lock = SPINLOCK_INIT("heap-debug");

struct heap_debug_block {
    struct list link GUARDED_BY(&blocks_lock);
    void *raw;
    void *caller;
    size_t size;
    uint64_t sequence;
    uint64_t reserved;
    uint64_t magic; /* next to the payload: the red zone before it */
};

_Static_assert(sizeof(struct heap_debug_block) % HEAP_ALIGN == 0, "payloads stay aligned");

static struct list blocks GUARDED_BY(&blocks_lock) = LIST_INIT(blocks);
static uint64_t nr_blocks GUARDED_BY(&blocks_lock);
static uint64_t used_bytes GUARDED_BY(&blocks_lock);
static uint64_t sequence GUARDED_BY(&blocks_lock);
static uint64_t mark GUARDED_BY(&blocks_lock);

/* The blocks held back, oldest first. */
static struct list held GUARDED_BY(&blocks_lock) = LIST_INIT(held);
static uint64_t nr_held GUARDED_BY(&blocks_lock);
static uint64_t held_bytes GUARDED_BY(&blocks_lock);

static struct heap_debug_block *block_of(const void *p)
{
    return (struct heap_debug_block *)p - 1;
}

/* Mark a block's payload and its surroundings in the shadow. */
static void shadow_used(const struct heap_debug_block *b)
{
    const char *p = (const char *)(b + 1), *end = p + b->size;
    const char *redzone = (const char *)ALIGN_UP((uintptr_t)end, 8);

    shadow_forbid(b->raw, (size_t)(p - (const char *)b->raw), SHADOW_REDZONE);
    shadow_forbid(redzone, ALIGN_DOWN((size_t)(end + REDZONE_LEN - redzone), 8), SHADOW_REDZONE);
    shadow_allow(p, b->size);
}

static void shadow_all(const struct heap_debug_block *b)
{
    const char *end = (const char *)(b + 1) + b->size + REDZONE_LEN;

    shadow_allow(b->raw, ALIGN_UP((size_t)(end - (const char *)b->raw), 8));
}

size_t heap_debug_room(size_t align, size_t size)
{
    size_t extra = sizeof(struct heap_debug_block) + REDZONE_LEN;

    if (align > sizeof(struct heap_debug_block))
        extra = align + REDZONE_LEN;
    return size + extra;
}

void *heap_debug_wrap(void *raw, size_t align, size_t size, void *caller)
{
    size_t offset = MAX(align, sizeof(struct heap_debug_block));
    struct heap_debug_block *b;
    unsigned long irq;
    char *p;

    if (!raw)
        return NULL;
    p = (char *)raw + ALIGN_UP(offset, align);
    b = block_of(p);
    b->raw = raw;
    b->caller = caller;
    b->size = size;
    b->magic = MAGIC_USED;
    shadow_all(b);
    memset(p, FILL_NEW, size);
    memset(p + size, REDZONE, REDZONE_LEN);
    shadow_used(b);
    irq = spin_lock_irqsave(&blocks_lock);
    b->sequence = ++sequence;
    list_add_tail(&blocks, &b->link);
    nr_blocks++;
    used_bytes += size;
    spin_unlock_irqrestore(&blocks_lock, irq);
    return p;
}

static void block_check(const struct heap_debug_block *b, const char *who)
{
    const uint8_t *p = (const uint8_t *)(b + 1);

    if (b->magic == FILLED_WORD)
        panic("%s: %p was freed already", who, (const void *)p);
    if (b->magic == MAGIC_FREED)
        panic("%s: block %p (%zu bytes, allocated by %p) was freed already", who, (const void *)p,
              b->size, b->caller);
    if (b->magic != MAGIC_USED)
        panic("%s: %p is no heap block, or the bytes before it were overwritten", who,
              (const void *)p);
    for (size_t i = 0; i < REDZONE_LEN; i++) {
        if (p[b->size + i] != REDZONE)
            panic("%s: block %p (%zu bytes, allocated by %p) was overrun at byte %zu", who,
                  (const void *)p, b->size, b->caller, b->size + i);
    }
}

void heap_debug_retire(void *p)
{
    struct heap_debug_block *b = block_of(p);
    unsigned long irq;

    if (!IS_ALIGNED((uintptr_t)p, HEAP_ALIGN))
        panic("heap_free: %p is no heap block", p);
    block_check(b, "heap_free");
    irq = spin_lock_irqsave(&blocks_lock);
    list_unlink(&b->link);
    nr_blocks--;
    used_bytes -= b->size;
    b->magic = MAGIC_FREED;
    memset(p, FILL_FREED, b->size);
    shadow_forbid(p, ALIGN_UP(b->size, 8), SHADOW_FREE_OBJECT);
    list_add_tail(&held, &b->link);
    nr_held++;
    held_bytes += b->size;
    spin_unlock_irqrestore(&blocks_lock, irq);
}

/* True if the freed block is unchanged, checking at most nr_bytes; else *at is the changed
 * place. */
static bool is_untouched(const struct heap_debug_block *b, size_t nr_bytes, size_t *at)
{
    const uint8_t *p = (const uint8_t *)(b + 1);

    nr_bytes = MIN(nr_bytes, b->size);
    for (*at = 0; *at < nr_bytes; (*at)++) {
        const uint64_t *word = (const uint64_t *)(p + *at);

        if (*at % 8 == 0 && nr_bytes - *at >= 8 && *word == FILLED_WORD)
            *at += 7;
        else if (p[*at] != FILL_FREED)
            return false;
    }
    for (; *at == b->size && *at < b->size + REDZONE_LEN; (*at)++)
        if (p[*at] != REDZONE)
            return false;
    return b->magic == MAGIC_FREED;
}

static NORETURN void panic_written(const struct heap_debug_block *b, size_t at)
{
    panic("heap: block %p (%zu bytes, allocated by %p) was written at byte %zu after it was freed",
          (const void *)(b + 1), b->size, b->caller, at);
}

void *heap_debug_release(bool all)
{
    unsigned long irq = spin_lock_irqsave(&blocks_lock);
    struct heap_debug_block *b = NULL;
    bool is_over = all || nr_held > HELD_BLOCKS || held_bytes > HELD_BYTES;
    size_t at;

    if (!list_is_empty(&held)) {
        b = list_last_entry(&held, struct heap_debug_block, link);
        if (b->size <= HELD_MAX_BLOCK)
            b = is_over ? list_first_entry(&held, struct heap_debug_block, link) : NULL;
    }
    if (b) {
        list_unlink(&b->link);
        nr_held--;
        held_bytes -= b->size;
    }
    spin_unlock_irqrestore(&blocks_lock, irq);
    if (!b)
        return NULL;
    if (!is_untouched(b, b->size, &at))
        panic_written(b, at);
    shadow_all(b);
    return b->raw;
}

/* Find a modified block among the nr freed last, or NULL. */
static const struct heap_debug_block *find_written(size_t nr, size_t nr_bytes, size_t *at)
    REQUIRES(&blocks_lock)
{
    for (struct list *node = held.prev; node != &held && nr > 0; node = node->prev, nr--) {
        const struct heap_debug_block *b = list_entry(node, struct heap_debug_block, link);

        if (!is_untouched(b, nr_bytes, at))
            return b;
    }
    return NULL;
}

static void held_check(size_t nr, size_t nr_bytes)
{
    unsigned long irq = spin_lock_irqsave(&blocks_lock);
    size_t at = 0;
    const struct heap_debug_block *b = find_written(nr, nr_bytes, &at);

    spin_unlock_irqrestore(&blocks_lock, irq);
    if (b)
        panic_written(b, at);
}

void heap_debug_look(void)
{
    held_check(NR_RECENT, RECENT_BYTES);
}

size_t heap_debug_size(const void *p)
{
    return block_of(p)->size;
}

bool heap_debug_resize(void *p, size_t size)
{
    struct heap_debug_block *b = block_of(p);
    unsigned long irq;

    block_check(b, "heap_realloc");
    if (size > b->size)
        return false;
    irq = spin_lock_irqsave(&blocks_lock);
    used_bytes -= b->size - size;
    b->size = size;
    shadow_all(b);
    memset((char *)p + size, REDZONE, REDZONE_LEN);
    shadow_used(b);
    spin_unlock_irqrestore(&blocks_lock, irq);
    return true;
}

void heap_debug_stats(struct heap_stats *out)
{
    unsigned long irq = spin_lock_irqsave(&blocks_lock);

    out->nr_blocks = nr_blocks;
    out->used_bytes = used_bytes;
    spin_unlock_irqrestore(&blocks_lock, irq);
}

void heap_debug_check(void)
{
    const struct heap_debug_block *b;
    unsigned long irq = spin_lock_irqsave(&blocks_lock);

    list_for_each_entry(b, &blocks, link)
        block_check(b, "heap_check");
    spin_unlock_irqrestore(&blocks_lock, irq);
    held_check(SIZE_MAX, SIZE_MAX);
}

void heap_debug_leaks_mark(void)
{
    unsigned long irq = spin_lock_irqsave(&blocks_lock);

    mark = sequence;
    spin_unlock_irqrestore(&blocks_lock, irq);
}

struct site {
    void *caller;
    size_t nr_bytes;
    size_t nr_blocks;
};

/* True if site a is reported after site b. A total order: bytes, then address. */
static bool comes_after(const struct site *a, const struct site *b)
{
    if (a->nr_bytes != b->nr_bytes)
        return a->nr_bytes < b->nr_bytes;
    return (uintptr_t)a->caller > (uintptr_t)b->caller;
}

static struct site site_sum(void *caller) REQUIRES(&blocks_lock)
{
    struct site sum = {.caller = caller};
    const struct heap_debug_block *b;

    list_for_each_entry(b, &blocks, link) {
        if (b->sequence > mark && b->caller == caller) {
            sum.nr_bytes += b->size;
            sum.nr_blocks++;
        }
    }
    return sum;
}

/* The site to report after `last`; false: none. Quadratic, which is right for a debugging aid. */
static bool site_next(const struct site *last, struct site *next) REQUIRES(&blocks_lock)
{
    const struct heap_debug_block *b;
    bool has_found = false;

    list_for_each_entry(b, &blocks, link) {
        struct site sum;

        if (b->sequence <= mark || (has_found && b->caller == next->caller))
            continue;
        sum = site_sum(b->caller);
        if (last->nr_blocks != 0 && !comes_after(&sum, last))
            continue;
        if (!has_found || comes_after(next, &sum))
            *next = sum;
        has_found = true;
    }
    return has_found;
}

size_t heap_debug_leaks_report(void)
{
    struct site site = {0}, next;
    size_t total = 0;

    for (;;) {
        unsigned long irq = spin_lock_irqsave(&blocks_lock);
        bool has_found = site_next(&site, &next);

        spin_unlock_irqrestore(&blocks_lock, irq);
        if (!has_found)
            break;
        site = next;
        total += site.nr_blocks;
        log_info("heap: %zu bytes in %zu blocks allocated by %p", site.nr_bytes, site.nr_blocks,
                 site.caller);
    }
    return total;
}

#endif
