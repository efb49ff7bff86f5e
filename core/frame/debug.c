/*
 * DEBUG: checks at each allocation and release of frames.
 */
#include <log/log.h>
#include <shadow/shadow.h>

#include "zone.h"

#ifdef DEBUG

/*
 * Free frames are filled with a pattern, which is checked when they are handed out again. The mark
 * is kept per frame, since blocks merge and split meanwhile.
 */
#define FRAME_FLAG_POISONED 0x5d
#define FRAME_POISON        0x6b6b6b6b6b6b6b6bull
#define POISON_MAX_ORDER    4u

void frame_debug_alloc(struct frame *f, unsigned order)
{
    shadow_allow(frame_to_virt(f), PAGE_SIZE << order);
    for (size_t i = 0; i < 1ul << MIN(order, POISON_MAX_ORDER); i++) {
        const uint64_t *words = frame_to_virt(f + i);

        if (f[i].flags != FRAME_FLAG_POISONED)
            continue;
        for (size_t w = 0; w < PAGE_SIZE / sizeof(*words); w++) {
            if (words[w] != FRAME_POISON)
                panic("frame: free frame %lx was written: %lx at offset %lx",
                      (unsigned long)frame_to_pfn(f + i), (unsigned long)words[w], w * 8);
        }
    }
    for (size_t i = 0; i < 1ul << order; i++)
        f[i].flags = 0;
}

void frame_debug_free(struct frame *f, unsigned order)
{
    pfn_t pfn = frame_to_pfn(f);

    if (order > FRAME_MAX_ORDER || !IS_ALIGNED(pfn, 1ul << order) ||
        frame_lookup(pfn_to_paddr(pfn)) != f)
        panic("frame_free: %p is no frame of order %u", (void *)f, order);
    if (f->type < FRAME_USED)
        panic("frame_free: frame %lx is %s", (unsigned long)pfn,
              f->type == FRAME_RESERVED ? "reserved" : "free already");
    if (f->order != order)
        panic("frame_free: frame %lx was allocated with order %u, not %u", (unsigned long)pfn,
              f->order, order);
    shadow_allow(frame_to_virt(f), PAGE_SIZE << order); /* also lift marks that a heap left in it */
    for (size_t i = 0; i < 1ul << order; i++) {
        f[i].flags = i < 1ul << POISON_MAX_ORDER ? FRAME_FLAG_POISONED : 0;
        if (f[i].flags != 0) {
            uint64_t *words = frame_to_virt(f + i);

            for (size_t w = 0; w < PAGE_SIZE / sizeof(*words); w++)
                words[w] = FRAME_POISON;
        }
    }
    shadow_forbid(frame_to_virt(f), PAGE_SIZE << order, SHADOW_FREE_FRAME);
    f->type = FRAME_CACHED;
}

#endif
