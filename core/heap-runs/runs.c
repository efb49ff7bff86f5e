/* See <heapruns/heapruns.h>. A run belongs to its user: no locks but the frame allocator's. */
#include <heapruns/heapruns.h>

static uint64_t nr_frames; /* [a] */

static size_t pages_for(size_t size)
{
    return size != 0 ? ((size - 1) >> PAGE_SHIFT) + 1 : 1;
}

static void count(int64_t nr_pages)
{
    __atomic_fetch_add(&nr_frames, (uint64_t)nr_pages, __ATOMIC_RELAXED);
}

void *heap_run_alloc(size_t align, size_t size)
{
    size_t nr_pages = pages_for(size);
    struct frame *f;

    if (nr_pages == 1 && align <= PAGE_SIZE)
        f = frame_alloc(0, 0);
    else
        f = frame_alloc_contig(nr_pages, MAX(align >> PAGE_SHIFT, 1ul), 0);
    if (!f)
        return NULL;
    f->type = FRAME_HEAP;
    f->owner = NULL;
    f->priv = nr_pages;
    count((int64_t)nr_pages);
    return frame_to_virt(f);
}

void heap_run_free(void *p)
{
    struct frame *f = virt_to_frame(p);
    size_t nr_pages = f->priv;

    count(-(int64_t)nr_pages);
    if (nr_pages == 1)
        frame_free(f, 0);
    else
        frame_free_contig(f, nr_pages);
}

bool heap_run_resize(void *p, size_t size)
{
    struct frame *f = virt_to_frame(p);
    size_t nr_pages = pages_for(size), have = f->priv;

    if (nr_pages > have) {
        if (!frame_extend_contig(f, have, nr_pages - have))
            return false;
    } else if (nr_pages < have / 2) {
        frame_free_contig(f + nr_pages, have - nr_pages);
    } else {
        return true;
    }
    f->priv = nr_pages;
    count((int64_t)(nr_pages - have));
    return true;
}

size_t heap_run_room(size_t size)
{
    return size > 2 * PAGE_SIZE && size < SIZE_MAX / 2 ? size + size / 4 : size;
}

uint64_t heap_run_frames(void)
{
    return __atomic_load_n(&nr_frames, __ATOMIC_RELAXED);
}
