/*
 * The large blocks of a heap: runs of frames, exactly as long as need be, that grow in place where
 * the frames behind them are free. Shared by heap providers.
 *
 * The descriptor of a run's first frame has the type FRAME_HEAP, `owner` NULL and the length in
 * `priv`: a provider tells runs from its other frames by `owner`. p: the start of a run. Context:
 * as <frame/frame.h>.
 */
#ifndef HEAPRUNS_HEAPRUNS_H
#define HEAPRUNS_HEAPRUNS_H

#include <frame/frame.h>

/* NULL: no memory. */
MUST_CHECK void *heap_run_alloc(size_t align, size_t size);
void heap_run_free(void *p);

static ALWAYS_INLINE size_t heap_run_size(const void *p)
{
    return virt_to_frame(p)->priv << PAGE_SHIFT;
}

/* In place; gives what is more than twice the size back. False: it must move. */
MUST_CHECK bool heap_run_resize(void *p, size_t size);

/*
 * The size to ask for when a block grows by moving to a run: a quarter more, so that a block that
 * grows step by step is copied as often as its size doubles thrice, not at each page.
 */
size_t heap_run_room(size_t size);

/* Frames in all runs. */
uint64_t heap_run_frames(void);

#endif
