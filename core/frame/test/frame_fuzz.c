/*
 * core/frame under arbitrary memory maps and operations. The first bytes of the input describe the
 * RAM and the reserved ranges, the rest are operations; at the end every frame must be accounted
 * for.
 */
#include <string.h>

#include <base/errno.h>
#include <frame/frame.h>
#include <host/fuzz.h>
#include <host/host.h>

#include "../zone.h"

#define RAM_BASE  0x80000000ull
#define MAX_OWNED 64

/* A range near RAM_BASE, down to byte granularity; sometimes with an absurd size. */
static struct frame_range take_range(void)
{
    uint64_t start = RAM_BASE + take(3) * 5ull, size = take(3) * 3ull;

    if (take(1) == 0xff)
        size = UINT64_MAX - size;
    return (struct frame_range){PADDR(start), size};
}

static bool start(void)
{
    struct frame_range ram[4], reserved[6];
    size_t nr_ram = 1 + take(1) % 4, nr_reserved = take(1) % 7;

    memset(frame_zones, 0, sizeof(frame_zones));
    memset(&frame_holes, 0, sizeof(frame_holes));
    memset(&frame_extras, 0, sizeof(frame_extras));
    memset(&frame_cache, 0, sizeof(frame_cache));
    frame_nr_zones = 0;
    frame_nr_meta = 0;
    host_ram_init(PADDR(RAM_BASE), MIB(160));
    for (size_t i = 0; i < nr_ram; i++) {
        ram[i] = take_range();
        /* The arena ends somewhere; the allocator must not care where RAM does. */
        ram[i].size = MIN(ram[i].size, RAM_BASE + MIB(160) - ram[i].start.v);
    }
    for (size_t i = 0; i < nr_reserved; i++)
        reserved[i] = take_range();
    return frame_init(ram, nr_ram, reserved, nr_reserved) == 0;
}

struct owned {
    struct frame *f;
    size_t nr_pages;
    unsigned order; /* as allocated; nr_pages says what is left */
};

static void check_books(uint64_t nr_used)
{
    struct frame_stats s;

    frame_check();
    frame_stats(&s);
    require(s.total == s.free + s.reserved + s.meta + nr_used);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct owned owned[MAX_OWNED] = {0};
    uint64_t nr_used = 0, nr_adopted = 0;

    input = data;
    input_end = data + size;
    if (!start())
        return 0;
    check_books(0);
    while (input < input_end) {
        struct owned *o = &owned[take(1) % MAX_OWNED];
        unsigned op = take(1);

        if (o->f != NULL) {
            require(*(uint64_t *)frame_to_virt(o->f) == (uint64_t)(uintptr_t)o->f);
            if (o->order != UINT32_MAX)
                frame_free(o->f, o->order);
            else
                frame_free_contig(o->f, o->nr_pages);
            nr_used -= o->nr_pages;
            o->f = NULL;
        } else if (op % 8 < 5) {
            o->order = op / 8 % 12;
            o->nr_pages = 1ul << o->order;
            o->f = frame_alloc(o->order, 0);
        } else if (op % 8 == 5) {
            o->order = UINT32_MAX;
            o->nr_pages = 1 + take(2) % 3000;
            o->f = frame_alloc_contig(o->nr_pages, 1ul << op / 8 % 8, 0);
            require(o->f == NULL || IS_ALIGNED(frame_to_pfn(o->f), 1ul << op / 8 % 8));
        } else if (op % 8 == 6) {
            struct frame_range r = take_range();

            r.size = MIN(r.size, MIB(64));
            frame_release(r.start, r.size);
            continue;
        } else {
            struct frame_range r = take_range();
            struct frame_stats before, after;

            r.size = MIN(r.size, MIB(8));
            frame_stats(&before);
            if (frame_adopt(r.start, r.size) == 0) {
                frame_stats(&after);
                nr_adopted += before.reserved - after.reserved;
            }
            continue;
        }
        if (o->f != NULL && o->nr_pages != 0 && op % 8 < 6) {
            require(o->order == UINT32_MAX || IS_ALIGNED(frame_to_pfn(o->f), o->nr_pages));
            *(uint64_t *)frame_to_virt(o->f) = (uint64_t)(uintptr_t)o->f;
            nr_used += o->nr_pages;
        }
    }
    check_books(nr_used + nr_adopted);
    for (size_t i = 0; i < MAX_OWNED; i++)
        if (owned[i].f != NULL && owned[i].order != UINT32_MAX)
            frame_free(owned[i].f, owned[i].order);
        else if (owned[i].f != NULL)
            frame_free_contig(owned[i].f, owned[i].nr_pages);
    frame_cache_drain();
    check_books(nr_adopted);
    host_ram_exit();
    return 0;
}
