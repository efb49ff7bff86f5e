/*
 * The entry points of <heap/heap.h>, the same for every provider: included once, at the end of a
 * provider's source, which has defined
 *
 *   static void *raw_alloc(size_t align, size_t size)   align >= HEAP_ALIGN; NULL: no memory
 *   static void raw_free(void *p)                        p not NULL
 *   static bool raw_fits(const void *p, size_t size)     neither too small nor much too large
 *   static bool raw_resize(void *p, size_t size)         in place; false: not possible
 *   static size_t raw_usable_size(const void *p)
 *   static size_t raw_room(size_t size)                  what a block asks for that grows and moves
 *   static size_t raw_shrink(void)                       frames given back
 *
 * Most steps of a block that grows little by little end in raw_fits(): it takes no lock and calls
 * nothing.
 *
 * In DEBUG builds every block is wrapped, see <heapdebug/heapdebug.h>.
 */
#ifndef HEAPDEBUG_HEAP_ENTRY_H
#define HEAPDEBUG_HEAP_ENTRY_H

#include <heap/heap.h>
#include <heapdebug/heapdebug.h>
#include <string/string.h>

#ifdef DEBUG

/* Blocks that were held back long enough, or all of them, become free; returns their number. */
static size_t entry_release(bool all)
{
    size_t nr = 0;
    void *raw;

    for (; (raw = heap_debug_release(all)) != NULL; nr++)
        raw_free(raw);
    return nr;
}

static void *entry_alloc(size_t align, size_t size, void *caller)
{
    size_t room = heap_debug_room(align, size);
    void *raw;

    if (room < size || alloc_should_fail())
        return NULL;
    heap_debug_look();
    raw = raw_alloc(MAX(align, (size_t)HEAP_ALIGN), room);
    if (!raw && entry_release(true) > 0)
        raw = raw_alloc(MAX(align, (size_t)HEAP_ALIGN), room);
    return heap_debug_wrap(raw, align, size, caller);
}

static void entry_free(void *p)
{
    heap_debug_look();
    heap_debug_retire(p);
    entry_release(false);
}

static size_t entry_room(size_t size)
{
    (void)raw_room;
    return size;
}

static size_t entry_size(const void *p)
{
    return heap_debug_size(p);
}

static bool entry_fits(const void *p, size_t size)
{
    (void)raw_fits;
    (void)p;
    (void)size;
    return false;
}

static bool entry_resize(void *p, size_t size)
{
    (void)raw_resize;
    (void)raw_usable_size;
    return heap_debug_resize(p, size);
}

#else

/* One copy of the hot path is enough: where there is more to do, it is called. */
static ALWAYS_INLINE void *entry_alloc(size_t align, size_t size, void *caller)
{
    (void)caller;
    return align <= HEAP_ALIGN ? heap_alloc(size) : raw_alloc(align, size);
}

static ALWAYS_INLINE void entry_free(void *p)
{
    raw_free(p);
}

static ALWAYS_INLINE size_t entry_size(const void *p)
{
    return raw_usable_size(p);
}

static ALWAYS_INLINE bool entry_fits(const void *p, size_t size)
{
    return raw_fits(p, size);
}

static ALWAYS_INLINE bool entry_resize(void *p, size_t size)
{
    return raw_resize(p, size);
}

static size_t entry_room(size_t size)
{
    return raw_room(size);
}

static ALWAYS_INLINE size_t entry_release(bool all)
{
    (void)all;
    return 0;
}

#endif

#ifdef DEBUG
void *heap_alloc(size_t size)
{
    return entry_alloc(HEAP_ALIGN, size, __builtin_return_address(0));
}
#else
HOT NOINLINE void *heap_alloc(size_t size)
{
    return raw_alloc(HEAP_ALIGN, size);
}
#endif

HOT void heap_free(void *p)
{
    if (likely(p))
        entry_free(p);
}

void *heap_alloc_aligned(size_t align, size_t size)
{
    if (!IS_POWER_OF_2(align) || align > GIB(1))
        return NULL;
    return entry_alloc(align, size, __builtin_return_address(0));
}

static void *zeroed(void *p, size_t size)
{
    return p ? memset(p, 0, size) : NULL;
}

void *heap_zalloc(size_t size)
{
    return zeroed(entry_alloc(HEAP_ALIGN, size, __builtin_return_address(0)), size);
}

void *heap_calloc(size_t nr, size_t size)
{
    size_t nr_bytes;

    if (__builtin_mul_overflow(nr, size, &nr_bytes))
        return NULL;
    return zeroed(entry_alloc(HEAP_ALIGN, nr_bytes, __builtin_return_address(0)), nr_bytes);
}

static NOINLINE void *realloc_slow(void *p, size_t size, void *caller)
{
    size_t room = size;
    void *bigger;

    if (p && entry_resize(p, size))
        return p;
    if (p && size > entry_size(p))
        room = entry_room(size);
    bigger = entry_alloc(HEAP_ALIGN, room, caller);
    if (!bigger && room > size)
        bigger = entry_alloc(HEAP_ALIGN, size, caller);
    if (!p || !bigger)
        return bigger;
    memcpy(bigger, p, MIN(entry_size(p), size));
    heap_free(p);
    return bigger;
}

HOT void *heap_realloc(void *p, size_t size)
{
    if (likely(p && entry_fits(p, size)))
        return p;
    return realloc_slow(p, size, __builtin_return_address(0));
}

size_t heap_shrink(void)
{
    entry_release(true);
    return raw_shrink();
}

size_t heap_usable_size(const void *p)
{
    return entry_size(p);
}

size_t heap_leaks_report(void)
{
    return heap_debug_leaks_report();
}

void heap_leaks_mark(void)
{
    heap_debug_leaks_mark();
}

#endif
