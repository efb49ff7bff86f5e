/*
 * DEBUG builds wrap every block of every heap in a header with its size, call site and link in the
 * list of all blocks, and in red zones before and after the payload.
 *
 *      raw ... | struct heap_debug_block | payload of `size` bytes | 16 bytes of red zone
 *
 * A block that is freed is filled with a pattern and held back: it becomes free when 256 later ones
 * or 256 KiB have been freed, when memory is short, or at heap_shrink(). That catches
 *
 *  - writes beyond either end: when the block is freed or resized, and in heap_check();
 *  - writes after free: at the next calls of the heap while the block is one of the last four, when
 *    it ceases to be held back, and in heap_check(). Blocks above 64 KiB are not held back: theirs
 *    are caught where core/frame or core/slab checks what it hands out;
 *  - blocks freed twice, by name while they are held back, and later as long as nobody has written
 *    there; pointers that never were blocks;
 *  - leaks: which call site they are from.
 */
#ifndef HEAPDEBUG_HEAPDEBUG_H
#define HEAPDEBUG_HEAPDEBUG_H

#include <base/types.h>
#include <faultinject/faultinject.h>
#include <heap/heap.h>

#ifdef DEBUG

/* Return the size to allocate for a payload of size; less than size: overflow. */
size_t heap_debug_room(size_t align, size_t size);
/* raw NULL: returns NULL. */
void *heap_debug_wrap(void *raw, size_t align, size_t size, void *caller);
/* Check the block, unlink it, fill it with the pattern and put it into quarantine. */
void heap_debug_retire(void *p);
/* Take a block out of quarantine; returns the pointer passed to heap_debug_wrap(). NULL: none. */
void *heap_debug_release(bool all);
/* Panic if one of the blocks freed last was written to. */
void heap_debug_look(void);
size_t heap_debug_size(const void *p);
/* Shrink in place; never grow. */
bool heap_debug_resize(void *p, size_t size);
/* Fill in nr_blocks and used_bytes. */
void heap_debug_stats(struct heap_stats *out);
/* Panic at the first damaged block. */
void heap_debug_check(void);
size_t heap_debug_leaks_report(void);
void heap_debug_leaks_mark(void);

#else

static inline void heap_debug_stats(struct heap_stats *out)
{
    (void)out;
}

static inline void heap_debug_check(void)
{
}

static inline size_t heap_debug_leaks_report(void)
{
    return 0;
}

static inline void heap_debug_leaks_mark(void)
{
}

#endif

#endif
