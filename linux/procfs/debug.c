/*
 * What /proc has in DEBUG kernels only, for tests: allocations that fail on demand, and counts by
 * which a leak of a single object shows. Empty otherwise.
 */
#include <faultinject/faultinject.h>
#include <frame/frame.h>
#include <heap/heap.h>
#include <slab/slab.h>
#include <string/string.h>

#include "internal.h"

#ifdef DEBUG

/*
 * "fail-nth", after Linux's fault injection: N makes the N-th allocation that the writing thread
 * causes from then on fail, 0 ends that. Reads as what is left to count: 0 once it has happened.
 */
int show_fail_nth(struct seq *seq, const struct pseudo_object *object)
{
    (void)object;
    seq_printf(seq, "%lu\n", (unsigned long)alloc_fail_task_left());
    return 0;
}

ssize_t store_fail_nth(const struct pseudo_object *object, const char *text, size_t n)
{
    uint64_t nth;
    const char *end;

    (void)object;
    if (cred_current()->euid != 0)
        return -EPERM;
    if (str_to_u64(text, &end, 10, &nth) != 0 || (*end != '\0' && *end != '\n'))
        return -EINVAL;
    alloc_fail_task_set(nth);
    return (ssize_t)n;
}

static void print_objects(const struct slab_cache_stats *stats, void *ctx)
{
    seq_printf(ctx, "%s %lu\n", stats->name, (unsigned long)stats->nr_objects);
}

/*
 * "allocations": what is allocated now, a kind and a number a line. Writing "mark" and later
 * "leaks" puts the heap blocks that were allocated in between into the log, by call site.
 */
int show_allocations(struct seq *seq, const struct pseudo_object *object)
{
    struct frame_stats frames;
    struct heap_stats heap;

    (void)object;
    (void)heap_shrink(); /* what the heap keeps for later is no leak */
    heap_stats(&heap);
    frame_stats(&frames);
    seq_printf(seq, "frames %lu\nheap-frames %lu\nheap-blocks %lu\n",
               (unsigned long)(frames.total - frames.free), (unsigned long)heap.nr_frames,
               (unsigned long)heap.nr_blocks);
    slab_for_each_cache(print_objects, seq);
    return 0;
}

ssize_t store_allocations(const struct pseudo_object *object, const char *text, size_t n)
{
    (void)object;
    if (cred_current()->euid != 0)
        return -EPERM;
    if (str_has_prefix(text, "mark"))
        heap_leaks_mark();
    else if (str_has_prefix(text, "leaks"))
        (void)heap_leaks_report();
    else
        return -EINVAL;
    return (ssize_t)n;
}

#endif
