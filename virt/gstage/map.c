/*
 * Pinned ranges of guest memory for the host's own use; see gstage.h.
 *
 * A range is resolved page by page, once; pages that are contiguous in the host form one run. A
 * guest's RAM is never taken out of its space once filled, so a pinned page stays the guest's own.
 */
#include <base/errno.h>
#include <gstage/gstage.h>
#include <heap/heap.h>

/* Allocate frames and runs as one block, for the worst case. */
static int alloc(struct gstage_map *map)
{
    const uint64_t first = ALIGN_DOWN(map->gpa.v, PAGE_SIZE);
    const size_t nr_pages = (map->gpa.v + map->size - first + PAGE_SIZE - 1) >> PAGE_SHIFT;

    map->runs = heap_alloc(nr_pages * (sizeof(*map->runs) + sizeof(*map->frames)));
    if (!map->runs)
        return -ENOMEM;
    map->frames = (struct frame **)(map->runs + nr_pages);
    return 0;
}

static void append(struct gstage_map *map, uint64_t offset, const struct vspace_page *page)
{
    const uint64_t size = MIN(page->size, map->size - offset);
    struct gstage_run *last = map->nr_runs ? &map->runs[map->nr_runs - 1] : NULL;

    map->frames[map->nr_frames++] = page->frame;
    if (last && last->memory + last->size == page->memory)
        last->size += size;
    else
        map->runs[map->nr_runs++] = (struct gstage_run){offset, size, page->memory};
}

/* Only RAM is writable: pages of a flash bank are changed by its model alone. */
static int find_page(struct gstage *gs, uint64_t gpa, uint32_t right, struct vspace_page *page)
{
    const int err = gpa < GSTAGE_LIMIT ? vspace_page_get(&gs->vs, gpa, right, page) : -EFAULT;

    return err == -EACCES || err == -ENXIO ? -EFAULT : err;
}

int gstage_map(struct gstage *gs, gpa_t gpa, uint64_t nr_bytes, uint32_t right,
               struct gstage_map *map)
{
    *map = (struct gstage_map){.gpa = gpa, .size = nr_bytes};
    if (nr_bytes == 0)
        return 0;
    if (nr_bytes > GSTAGE_MAP_MAX)
        return -E2BIG;
    if (gpa.v >= GSTAGE_LIMIT)
        return -EFAULT;
    int err = alloc(map);

    for (uint64_t done = 0; !err && done < nr_bytes;) {
        struct vspace_page page;

        err = find_page(gs, gpa.v + done, right, &page);
        if (err)
            break;
        append(map, done, &page);
        done += page.size;
    }
    if (err)
        gstage_unmap(map);
    return err;
}

void gstage_unmap(struct gstage_map *map)
{
    for (unsigned i = 0; i < map->nr_frames; i++)
        vspace_page_put(map->frames[i]);
    heap_free(map->runs);
    *map = (struct gstage_map){0};
}

void *gstage_map_at(const struct gstage_map *map, uint64_t offset, uint64_t *nr_bytes)
{
    unsigned low = 0, high = map->nr_runs;

    if (offset >= map->size)
        return NULL;
    while (high - low > 1) { /* run[low] starts at or below offset, run[high] above it */
        const unsigned middle = (low + high) / 2;

        if (map->runs[middle].offset <= offset)
            low = middle;
        else
            high = middle;
    }
    const uint64_t into = offset - map->runs[low].offset;

    *nr_bytes = map->runs[low].size - into;
    return map->runs[low].memory + into;
}
