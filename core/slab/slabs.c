/*
 * Slabs: cutting blocks of frames into objects, and the lists of slabs that have free ones.
 *
 * A full slab is in no list; it comes back when one of its objects does. The cache keeps one empty
 * slab, so that at a slab's edge it does not go back and forth with the frame allocator.
 */
#include <string/string.h>

#include "slab.h"

static uint32_t slab_id(const struct slab *s)
{
    return (uint32_t)frame_to_pfn((const struct frame *)s);
}

static struct slab *slab_by_id(uint32_t id)
{
    return (struct slab *)pfn_to_frame(id);
}

static NOINLINE void list_push(uint32_t *head, struct slab *s)
{
    s->prev = 0;
    s->next = *head;
    if (*head != 0)
        slab_by_id(*head)->prev = slab_id(s);
    *head = slab_id(s);
}

static NOINLINE void list_remove(uint32_t *head, struct slab *s)
{
    if (s->prev != 0)
        slab_by_id(s->prev)->next = s->next;
    else
        *head = s->next;
    if (s->next != 0)
        slab_by_id(s->next)->prev = s->prev;
}

struct slab *slab_create(const struct slab_cache *cache)
{
    struct frame *f = frame_alloc(cache->order, 0);
    struct slab *s = (struct slab *)f;

    if (!f)
        return NULL;
    for (size_t i = 0; i < 1ul << cache->order; i++) {
        f[i].type = FRAME_SLAB;
        f[i].owner = (void *)cache;
    }
    s->nr_used = 0;
    s->nr_made = 0;
    s->first_free = 0;
    s->colour = 0;
    return s;
}

size_t slab_destroy(struct slab *s)
{
    size_t nr_frames = 0;

    while (s) {
        struct frame *f = (struct frame *)s;
        unsigned order = s->order;

        s = s->next != 0 ? slab_by_id(s->next) : NULL;
        for (size_t i = 1; i < 1ul << order; i++)
            f[i].type = FRAME_NONE;
        frame_free(f, order);
        nr_frames += 1ul << order;
    }
    return nr_frames;
}

void slab_add(struct slab_cache *cache, struct slab *s)
{
    s->colour = (uint16_t)cache->next_colour;
    cache->next_colour = (cache->next_colour + 1) % cache->nr_colours;
    list_push(&cache->empty, s);
    cache->nr_empty++;
    cache->nr_slabs++;
}

struct slab *slab_remove_empty(struct slab_cache *cache, uint32_t nr_kept)
{
    uint32_t *link = &cache->empty, id;

    if (cache->nr_empty <= nr_kept)
        return NULL;
    if (nr_kept != 0)
        link = &slab_by_id(*link)->next;
    id = *link;
    *link = 0;
    cache->nr_slabs -= cache->nr_empty - nr_kept;
    cache->nr_empty = nr_kept;
    return slab_by_id(id);
}

static void **link_of(const struct slab_cache *cache, void *object)
{
    return (void **)((char *)object + cache->link_offset);
}

/* No slab is partial: an empty one becomes so, if there is one. */
static NOINLINE void make_partial(struct slab_cache *cache) REQUIRES(&cache->lock)
{
    struct slab *s = slab_by_id(cache->empty);

    if (cache->empty == 0)
        return;
    list_remove(&cache->empty, s);
    cache->nr_empty--;
    list_push(&cache->partial, s);
}

/* Links are object numbers + 1, like first_free: a stray write cannot make a wild pointer of
 * one. */
static ALWAYS_INLINE void *object_take(struct slab_cache *cache, struct slab *s)
    REQUIRES(&cache->lock)
{
    void *object;

    if (likely(s->first_free != 0)) {
        object = slab_object(cache, s, s->first_free - 1u);
        s->first_free = (uint16_t)(uintptr_t)*link_of(cache, object);
    } else {
        object = slab_object(cache, s, s->nr_made++);
        if (cache->ctor)
            cache->ctor(object);
        slab_debug_made(cache, object);
    }
    cache->nr_out++;
    if (++s->nr_used == cache->nr_per_slab)
        list_remove(&cache->partial, s);
    return object;
}

void *slab_take(struct slab_cache *cache, struct slab_magazine *m, size_t nr_more)
{
    void *object = NULL;

    for (size_t nr = 0; nr <= nr_more; nr++) {
        if (cache->partial == 0)
            make_partial(cache);
        if (cache->partial == 0)
            break;
        if (nr > 0)
            *++m->top = object;
        object = object_take(cache, slab_by_id(cache->partial));
    }
    return object;
}

static ALWAYS_INLINE void object_put(struct slab_cache *cache, void *object) REQUIRES(&cache->lock)
{
    struct slab *s = slab_of(cache, object);

    *link_of(cache, object) = (void *)(uintptr_t)s->first_free;
    s->first_free = (uint16_t)(slab_number(cache, s, object) + 1);
    cache->nr_out--;
    if (s->nr_used-- == cache->nr_per_slab)
        list_push(&cache->partial, s);
    if (s->nr_used > 0)
        return;
    list_remove(&cache->partial, s);
    list_push(&cache->empty, s);
    cache->nr_empty++;
}

void slab_put(struct slab_cache *cache, void *object, struct slab_magazine *m, size_t nr_more)
{
    for (;;) {
        object_put(cache, object);
        if (nr_more-- == 0)
            return;
        object = *m->top--;
    }
}

static const char *slab_check(const struct slab_cache *cache, const struct slab *s)
{
    size_t nr_free = 0;

    if (s->cache != cache || s->type != FRAME_SLAB)
        return "a slab is not the cache's";
    for (size_t n = s->first_free; n != 0;) {
        if (n > s->nr_made || ++nr_free > s->nr_made)
            return "a free list leaves its slab or runs in a circle";
        n = (uintptr_t)*link_of(cache, slab_object(cache, s, n - 1));
    }
    if (nr_free + s->nr_used != s->nr_made)
        return "a slab's counts do not match its free list";
    return NULL;
}

const char *slab_lists_check(const struct slab_cache *cache)
{
    const char *damage = NULL;
    uint32_t nr_empty = 0;

    for (uint32_t id = cache->partial; id != 0 && !damage; id = slab_by_id(id)->next) {
        const struct slab *s = slab_by_id(id);

        damage = slab_check(cache, s);
        if (!damage && (s->nr_used == 0 || s->nr_used >= cache->nr_per_slab))
            damage = "a slab in the partial list is empty or full";
    }
    for (uint32_t id = cache->empty; id != 0 && !damage; id = slab_by_id(id)->next) {
        damage = slab_check(cache, slab_by_id(id));
        if (!damage && slab_by_id(id)->nr_used != 0)
            damage = "a slab in the empty list is not empty";
        nr_empty++;
    }
    if (!damage && nr_empty != cache->nr_empty)
        damage = "the empty slabs are miscounted";
    return damage;
}
