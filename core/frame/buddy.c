/*
 * The buddy lists of a zone: splitting on allocation, merging on release.
 *
 * The buddy of the block at pfn of order k is the block at pfn ^ 2^k. The two merge iff the buddy's
 * first frame says FRAME_FREE and the same order; so the type FRAME_FREE never appears anywhere but
 * in the first frame of a block that is in a list.
 */
#include <bits/bits.h>
#include <log/log.h>

#include "zone.h"

static void block_insert(struct zone *z, struct frame *f, unsigned order) REQUIRES(&frame_lock)
{
    f->type = FRAME_FREE;
    f->order = (uint8_t)order;
    list_add(zone_list(z, order), frame_link(f));
    z->nr_blocks[order]++;
    z->order_mask |= 1u << order;
}

static void block_remove(struct zone *z, struct frame *f, unsigned order) REQUIRES(&frame_lock)
{
    f->type = FRAME_NONE;
    list_unlink(frame_link(f));
    if (--z->nr_blocks[order] == 0)
        z->order_mask &= ~(1u << order);
}

void buddy_free(struct zone *z, pfn_t pfn, unsigned order)
{
    pfn_to_frame(pfn)->type = FRAME_NONE;
    z->nr_free += 1ul << order;
    for (; order < FRAME_MAX_ORDER; order++) {
        pfn_t buddy_pfn = pfn ^ 1ul << order;
        struct frame *buddy = pfn_to_frame(buddy_pfn);

        if (!zone_is_open(z, buddy_pfn) || buddy->type != FRAME_FREE || buddy->order != order)
            break;
        block_remove(z, buddy, order);
        pfn &= ~(1ul << order);
    }
    block_insert(z, pfn_to_frame(pfn), order);
}

COLD void buddy_free_range(struct zone *z, pfn_t start, pfn_t end)
{
    while (start < end) {
        unsigned order = bit_highest64(end - start);

        if (start != 0)
            order = MIN(order, bit_lowest64(start));
        order = MIN(order, (unsigned)FRAME_MAX_ORDER);
        buddy_free(z, start, order);
        start += 1ul << order;
    }
}

struct frame *buddy_take(struct zone *z, unsigned order)
{
    uint32_t mask = z->order_mask >> order;
    unsigned from;
    struct frame *f;

    if (mask == 0)
        return NULL;
    from = order + bit_lowest64(mask);
    f = frame_of_link(zone_list(z, from)->next);
    block_remove(z, f, from);
    /* Keep the lower half, put the upper one into the next lower list. */
    while (from > order) {
        from--;
        block_insert(z, f + (1ul << from), from);
    }
    z->nr_free -= 1ul << order;
    f->refcount = 1;
    f->order = (uint8_t)order;
    f->type = FRAME_USED;
    return f;
}

/* Find the free block that contains this free frame. */
static COLD struct frame *block_around(const struct zone *z, pfn_t pfn) REQUIRES(&frame_lock)
{
    for (unsigned order = 0; order <= FRAME_MAX_ORDER; order++) {
        pfn_t head = ALIGN_DOWN(pfn, 1ul << order);

        if (zone_is_open(z, head) && pfn_to_frame(head)->type == FRAME_FREE &&
            pfn_to_frame(head)->order == order)
            return pfn_to_frame(head);
    }
    panic("frame: frame %lx is not free", (unsigned long)pfn);
}

COLD void buddy_take_range(struct zone *z, pfn_t start, pfn_t end)
{
    pfn_t first = frame_to_pfn(block_around(z, start));
    pfn_t pfn = first;

    while (pfn < end) {
        unsigned order = pfn_to_frame(pfn)->order;

        block_remove(z, pfn_to_frame(pfn), order);
        z->nr_free -= 1ul << order;
        pfn += 1ul << order;
    }
    buddy_free_range(z, first, start);
    buddy_free_range(z, end, pfn);
}
