/*
 * Files of /proc for tests, in DEBUG kernels only: allocation failures on demand, and counts of
 * allocations that reveal a leak of a single object; and lock statistics in LOCKSTAT kernels. Empty
 * otherwise.
 */
#include <faultinject/faultinject.h>
#include <frame/frame.h>
#include <heap/heap.h>
#include <lock/stat.h>
#include <slab/slab.h>
#include <string/string.h>

#include "internal.h"

#ifdef DEBUG

/*
 * "fail-nth", after Linux's fault injection: writing N fails the N-th following allocation of the
 * writing thread, 0 cancels. Reads as the remaining count: 0 once it has failed.
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
 * "allocations": the present number of allocations, one kind per line. Writing "mark" and later
 * "leaks" logs the heap blocks allocated in between, by call site.
 */
int show_allocations(struct seq *seq, const struct pseudo_object *object)
{
    struct frame_stats frames;
    struct heap_stats heap;

    (void)object;
    (void)heap_shrink(); /* free memory that the heap caches is no leak */
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

#ifdef LOCKSTAT

/*
 * A line for each class of locks, after Linux's file of that name but plainer: how many locks there
 * are of it ("one", "many"), then numbers (<lock/stat.h>), then the name. The first line is the
 * time: all instructions so far. Writing "0" counts from 0 again.
 */
int show_lock_stat(struct seq *seq, const struct pseudo_object *object)
{
    struct lock_stat stat;

    (void)object;
    seq_printf(seq, "instructions %lu\n", (unsigned long)lock_stat_now());
    seq_printf(seq, "locks taken shared waits waited held worst worst-masked name\n");
    for (uint32_t i = 0; lock_stat_read(i, &stat); i++)
        if (stat.nr_taken + stat.nr_shared > 0)
            seq_printf(seq, "%s %lu %lu %lu %lu %lu %lu %lu %s\n", stat.is_single ? "one" : "many",
                       (unsigned long)stat.nr_taken, (unsigned long)stat.nr_shared,
                       (unsigned long)stat.nr_waits, (unsigned long)stat.waited,
                       (unsigned long)stat.held, (unsigned long)stat.worst,
                       (unsigned long)stat.worst_masked, stat.name);
    return 0;
}

ssize_t store_lock_stat(const struct pseudo_object *object, const char *text, size_t n)
{
    (void)object;
    if (n == 0 || text[0] != '0')
        return -EINVAL;
    lock_stat_reset();
    return (ssize_t)n;
}

#endif
