/*
 * DEBUG builds: behind every object lie a state word, which doubles as a red zone, and the call
 * site that allocated it. Free objects without a constructor are filled with a pattern that is
 * checked when they are handed out.
 */
#include <log/log.h>
#include <shadow/shadow.h>
#include <string/string.h>

#include "slab.h"

#ifdef DEBUG

#define STATE_FREE 0xf5eef5eef5eef5eeull
#define STATE_USED 0x05ed05ed05ed05edull
#define FILL_FREE  0x6b
#define FILL_NEW   0xa5

struct trailer {
    uint64_t state;
    void *caller;
};

_Static_assert(sizeof(struct trailer) == SLAB_DEBUG_BYTES, "room for the trailer");

static struct trailer *trailer_of(const struct slab_cache *cache, const void *object)
{
    return (struct trailer *)((char *)object + ALIGN_UP(cache->size, sizeof(void *)));
}

void slab_debug_made(const struct slab_cache *cache, void *object)
{
    trailer_of(cache, object)->state = STATE_FREE;
    trailer_of(cache, object)->caller = NULL;
    if (!cache->ctor)
        memset(object, FILL_FREE, cache->size);
}

void slab_debug_alloc(const struct slab_cache *cache, void *object, void *caller)
{
    struct trailer *t = trailer_of(cache, object);
    const uint8_t *bytes = object;

    shadow_allow(object, ALIGN_UP(cache->size, 8));
    if (t->state != STATE_FREE)
        panic("slab %s: free object %p was overwritten", cache->name, object);
    for (size_t i = 0; i < cache->size && !cache->ctor; i++) {
        if (bytes[i] != FILL_FREE)
            panic("slab %s: object %p was written at byte %zu after it was freed (allocated by %p)",
                  cache->name, object, i, t->caller);
    }
    t->state = STATE_USED;
    t->caller = caller;
    if (!cache->ctor)
        memset(object, FILL_NEW, cache->size);
    shadow_allow(object, cache->size);
    shadow_forbid(t, sizeof(*t), SHADOW_REDZONE);
}

void slab_debug_free(const struct slab_cache *cache, void *object)
{
    const struct frame *f = frame_lookup(virt_to_phys(object));
    struct trailer *t = trailer_of(cache, object);

    if (!f || f->type != FRAME_SLAB || f->owner != cache)
        panic("slab %s: %p is no object of this cache", cache->name, object);
    if (slab_object(cache, slab_of(cache, object),
                    slab_number(cache, slab_of(cache, object), object)) != object)
        panic("slab %s: %p is not the start of an object", cache->name, object);
    if (t->state == STATE_FREE)
        panic("slab %s: object %p was freed already (allocated by %p)", cache->name, object,
              t->caller);
    if (t->state != STATE_USED)
        panic("slab %s: object %p was overrun", cache->name, object);
    t->state = STATE_FREE;
    if (!cache->ctor)
        memset(object, FILL_FREE, cache->size);
    shadow_forbid(object, ALIGN_UP(cache->size, 8), SHADOW_FREE_OBJECT);
}

#endif
