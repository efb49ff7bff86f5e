/*
 * Shared anonymous memory (mmap MAP_SHARED | MAP_ANONYMOUS): a counted object that holds its frames
 * in a two-level table of pointers, filled at the first touch, dropped with the last VMA.
 */
#include "internal.h"

#include <heap/heap.h>

#define LEAF_PAGES 512

struct vma_shared_object {
    uint32_t refcount; /* [a] VMAs, and the creator */
    struct spinlock lock;
    uint64_t identity; /* [I] */
    uint64_t nr_pages; /* [I] */
    struct frame **leaves[] GUARDED_BY(
        &lock); /* [lock] arrays of LEAF_PAGES, the last shorter; NULL until used */
};

static uint64_t leaf_pages(const struct vma_shared_object *o, uint64_t leaf)
{
    return MIN(o->nr_pages - leaf * LEAF_PAGES, (uint64_t)LEAF_PAGES);
}

struct vma_shared_object *vma_shared_create(uint64_t size)
{
    uint64_t nr_pages = size >> PAGE_SHIFT;
    uint64_t nr_leaves = (nr_pages + LEAF_PAGES - 1) / LEAF_PAGES;
    struct vma_shared_object *o = heap_zalloc(sizeof(*o) + nr_leaves * sizeof(o->leaves[0]));

    if (o) {
        o->refcount = 1;
        o->identity = vma_new_identity();
        o->nr_pages = nr_pages;
        spin_init(&o->lock, "shared memory");
    }
    return o;
}

void vma_shared_put(struct vma_shared_object *o)
{
    uint64_t nr_leaves = (o->nr_pages + LEAF_PAGES - 1) / LEAF_PAGES;

    if (__atomic_fetch_sub(&o->refcount, 1, __ATOMIC_ACQ_REL) != 1)
        return;
    ASSUME_UNSHARED(&o->lock, "that was the last reference");
    for (uint64_t i = 0; i < nr_leaves; i++) {
        for (uint64_t j = 0; o->leaves[i] && j < leaf_pages(o, i); j++)
            if (o->leaves[i][j])
                frame_unuse(o->leaves[i][j]);
        heap_free(o->leaves[i]);
    }
    heap_free(o);
}

static int shared_page(struct vma *vma, uint64_t offset, uint32_t access, struct vma_page *out)
{
    struct vma_shared_object *o = vma->object;
    uint64_t index = offset >> PAGE_SHIFT;
    struct frame ***leaf, **slot;

    (void)access;
    if (index >= o->nr_pages)
        return -ENXIO;
    leaf = &o->leaves[index / LEAF_PAGES];
    spin_lock(&o->lock);
    if (!*leaf)
        *leaf = heap_zalloc(leaf_pages(o, index / LEAF_PAGES) * sizeof(**leaf));
    slot = *leaf ? &(*leaf)[index % LEAF_PAGES] : NULL;
    if (slot && !*slot) {
        *slot = frame_alloc(0, FRAME_ZERO);
        if (*slot) {
            (*slot)->type = FRAME_SHARED;
            frame_count(FRAME_SHARED, 1);
        }
    }
    if (slot && *slot) {
        frame_get(*slot);
        *out = (struct vma_page){.pa = frame_to_pa(*slot), .frame = *slot, .is_writable = true};
    } else {
        slot = NULL;
    }
    spin_unlock(&o->lock);
    return slot ? 0 : -ENOMEM;
}

static void shared_get(struct vma *vma)
{
    struct vma_shared_object *o = vma->object;

    __atomic_fetch_add(&o->refcount, 1, __ATOMIC_RELAXED);
}

static void shared_put(struct vma *vma)
{
    vma_shared_put(vma->object);
}

static uint64_t shared_identity(const struct vma *vma)
{
    const struct vma_shared_object *o = vma->object;

    return o->identity;
}

static void shared_describe(struct vma *vma, char *buf, size_t size, uint64_t *device,
                            uint64_t *inode)
{
    (void)vma;
    strlcpy(buf, "/dev/zero (deleted)", size);
    *device = 1;
    *inode = 1;
}

const struct vma_ops vma_shared = {
    .name = "shared",
    .page = shared_page,
    .get = shared_get,
    .put = shared_put,
    .identity = shared_identity,
    .describe = shared_describe,
};
