/*
 * What DEBUG builds put around every block of every heap: a header with the size, the call site and
 * a link in the list of all blocks, and red zones before and after the payload. Catches writes
 * beyond either end, blocks freed twice, pointers that never were blocks, use after free (the
 * payload is filled on free), and tells which call site leaks.
 *
 *      raw ... | struct heap_debug_block | payload of `size` bytes | 16 bytes of red zone
 */
#ifndef HEAPDEBUG_HEAPDEBUG_H
#define HEAPDEBUG_HEAPDEBUG_H

#include <base/types.h>
#include <faultinject/faultinject.h>
#include <heap/heap.h>

/* For the hot entry points: no frame pointer, since a back trace loses nothing by it. */
#if defined(__riscv) && !defined(__clang__) && !defined(DEBUG)
#define HOT __attribute__((optimize("omit-frame-pointer")))
#else
#define HOT
#endif

#ifdef DEBUG

/* Bytes to ask of the allocator below for a payload of size; less than size: overflow. */
size_t heap_debug_room(size_t align, size_t size);
/* raw NULL: returns NULL. */
void *heap_debug_wrap(void *raw, size_t align, size_t size, void *caller);
/* Checks the block, takes it off the list, fills it; returns what heap_debug_wrap was given. */
void *heap_debug_unwrap(void *p);
size_t heap_debug_size(const void *p);
/* Shrinks in place; never grows. */
bool heap_debug_resize(void *p, size_t size);
/* Fills in nr_blocks and used_bytes. */
void heap_debug_stats(struct heap_stats *out);
/* Panics at the first damaged block. */
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
