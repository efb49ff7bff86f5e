/*
 * Files of /proc about the system: memory, file systems, disks, version.
 */
#include <blockdev/blockdev.h>
#include <bootargs/bootargs.h>
#include <frame/frame.h>
#include <heap/heap.h>
#include <pagecache/pagecache.h>
#include <sysinfo/uname.h>
#include <slab/slab.h>
#include <string/string.h>
#include <time/time.h>
#include <vfs/device.h>

#include "internal.h"

static void add_slab(const struct slab_cache_stats *stats, void *ctx)
{
    *(uint64_t *)ctx += stats->nr_frames;
}

/* Uses of memory, in pages. */
struct uses {
    uint64_t total, free, cached, evictable, dirty, shared, anon, slab, tables, stacks, heap, pipes,
        percpu, initrd;
};

static void count_uses(struct uses *u)
{
    struct pagecache_stats cache;
    struct frame_stats frames;
    struct heap_stats heap;

    *u = (struct uses){0};
    frame_stats(&frames);
    pagecache_stats(&cache);
    heap_stats(&heap);
    slab_for_each_cache(add_slab, &u->slab);
    /* Memory for frame descriptors, present and future, does not count as total. */
    u->total = frames.total - frames.reserved - frames.meta - frames.meta_ahead;
    u->free = frames.free - MIN(frames.meta_ahead, frames.free);
    u->shared = frame_nr_used(FRAME_SHARED);
    u->cached = cache.nr_pages + u->shared;
    u->shared += cache.nr_pages - MIN(cache.nr_evictable, cache.nr_pages);
    u->evictable = cache.nr_evictable;
    u->dirty = cache.nr_dirty;
    u->anon = frame_nr_used(FRAME_ANON);
    u->tables = frame_nr_used(FRAME_TABLE);
    u->stacks = frame_nr_used(FRAME_KMAP);
    u->heap = heap.nr_frames - heap.nr_in_slabs;
    u->pipes = frame_nr_used(FRAME_PIPE);
    u->percpu = frame_nr_used(FRAME_PERCPU);
    u->initrd = frame_nr_used(FRAME_LENT);
}

/* MemTotal is the sum of MemFree, Cached, AnonPages, Slab, KernelStack, PageTables, Percpu and the
 * last three lines; Shmem is part of Cached. */
int show_meminfo(struct seq *seq, const struct pseudo_object *object)
{
    static const unsigned kib = PAGE_SHIFT - 10;
    struct uses u;

    (void)object;
    count_uses(&u);
    const struct {
        const char *name;
        uint64_t nr_pages;
    } lines[] = {
        {"MemTotal:", u.total},
        {"MemFree:", u.free},
        {"MemAvailable:", u.free + u.evictable},
        {"Buffers:", 0},
        {"Cached:", u.cached},
        {"SwapCached:", 0},
        {"SwapTotal:", 0},
        {"SwapFree:", 0},
        {"Dirty:", u.dirty},
        {"AnonPages:", u.anon},
        {"Shmem:", u.shared},
        {"Slab:", u.slab},
        {"SReclaimable:", 0},
        {"SUnreclaim:", u.slab},
        {"KernelStack:", u.stacks},
        {"PageTables:", u.tables},
        {"Percpu:", u.percpu},
        {"KernelHeap:", u.heap},
        {"PipeBuffers:", u.pipes},
        {"InitrdFiles:", u.initrd},
    };

    for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
        seq_printf(seq, "%-16s%8lu kB\n", lines[i].name, lines[i].nr_pages << kib);
    return 0;
}

int show_vmstat(struct seq *seq, const struct pseudo_object *object)
{
    struct uses u;

    (void)object;
    count_uses(&u);
    seq_printf(seq, "nr_free_pages %lu\nnr_file_pages %lu\nnr_dirty %lu\n", u.free, u.cached,
               u.dirty);
    return 0;
}

/* Untouched memory is in no list yet: count it as blocks of the highest order. */
int show_buddyinfo(struct seq *seq, const struct pseudo_object *object)
{
    struct frame_stats frames;
    const unsigned top = FRAME_NR_ORDERS - 1;

    (void)object;
    frame_stats(&frames);
    frames.nr_free[top] += (frames.untouched - MIN(frames.meta_ahead, frames.untouched)) >> top;
    seq_puts(seq, "Node 0, zone   Normal ");
    for (unsigned order = 0; order < FRAME_NR_ORDERS; order++)
        seq_printf(seq, "%6lu ", frames.nr_free[order]);
    seq_putc(seq, '\n');
    return 0;
}

static void print_slab(const struct slab_cache_stats *stats, void *ctx)
{
    size_t nr_places = stats->size == 0 ? 0 : stats->nr_frames * PAGE_SIZE / stats->size;
    size_t per_slab = stats->nr_slabs == 0 ? 0 : nr_places / stats->nr_slabs;
    size_t frames_per_slab = stats->nr_slabs == 0 ? 0 : stats->nr_frames / stats->nr_slabs;

    seq_printf(ctx, "%-17s %6lu %6lu %6lu %4lu %4lu : tunables 0 0 0 : slabdata %6lu %6lu 0\n",
               stats->name, stats->nr_objects, nr_places, stats->size, per_slab, frames_per_slab,
               stats->nr_slabs, stats->nr_slabs);
}

int show_slabinfo(struct seq *seq, const struct pseudo_object *object)
{
    (void)object;
    seq_puts(
        seq,
        "slabinfo - version: 2.1\n# name            <active_objs> <num_objs> <objsize> <objperslab> "
        "<pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : slabdata <active_slabs> "
        "<num_slabs> <sharedavail>\n");
    slab_for_each_cache(print_slab, seq);
    return 0;
}

int show_swaps(struct seq *seq, const struct pseudo_object *object)
{
    (void)object;
    seq_puts(seq, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
    return 0;
}

int show_uptime(struct seq *seq, const struct pseudo_object *object)
{
    uint64_t now = time_now_ns();
    uint64_t idle = idle_ns_total();

    (void)object;
    seq_printf(seq, "%lu.%02lu %lu.%02lu\n", (unsigned long)(now / NS_PER_SEC),
               (unsigned long)(now % NS_PER_SEC / (NS_PER_SEC / 100)),
               (unsigned long)(idle / NS_PER_SEC),
               (unsigned long)(idle % NS_PER_SEC / (NS_PER_SEC / 100)));
    return 0;
}

int show_version(struct seq *seq, const struct pseudo_object *object)
{
    struct uname now;

    (void)object;
    uname_get(&now);
    seq_printf(seq, "%s version %s %s\n", now.sysname, now.release, now.version);
    return 0;
}

int show_cmdline(struct seq *seq, const struct pseudo_object *object)
{
    (void)object;
    seq_printf(seq, "%s\n", bootargs_line());
    return 0;
}

int show_filesystems(struct seq *seq, const struct pseudo_object *object)
{
    const struct fs_type *type;

    (void)object;
    for (unsigned i = 0; (type = fs_type_at(i)) != NULL; i++)
        seq_printf(seq, "%s\t%s\n", (type->flags & FS_NEEDS_DEVICE) != 0 ? "" : "nodev",
                   type->name);
    return 0;
}

struct devices_print {
    struct seq *seq;
    uint32_t mode_type;
};

static void print_range(const struct device_range *range, void *ctx)
{
    struct devices_print *dp = ctx;

    if (range->mode_type == dp->mode_type)
        seq_printf(dp->seq, "%3u %s\n", DEVNO_MAJOR(range->first), range->name);
}

int show_devices(struct seq *seq, const struct pseudo_object *object)
{
    struct devices_print dp = {.seq = seq, .mode_type = S_IFCHR};

    (void)object;
    seq_puts(seq, "Character devices:\n");
    device_range_for_each(print_range, &dp);
    seq_puts(seq, "\nBlock devices:\n");
    dp.mode_type = S_IFBLK;
    device_range_for_each(print_range, &dp);
    return 0;
}

int show_partitions(struct seq *seq, const struct pseudo_object *object)
{
    (void)object;
    seq_puts(seq, "major minor  #blocks  name\n\n");
    for (struct block_device *dev = block_next(NULL); dev; dev = block_next(dev))
        seq_printf(seq, "%4u  %7u %10lu %s\n", dev->major, dev->minor, dev->nr_sectors / 2,
                   dev->name);
    return 0;
}

int show_diskstats(struct seq *seq, const struct pseudo_object *object)
{
    (void)object;
    for (struct block_device *dev = block_next(NULL); dev; dev = block_next(dev))
        seq_printf(seq, "%4u %7u %s %lu 0 %lu 0 %lu 0 %lu 0 0 0 0\n", dev->major, dev->minor,
                   dev->name, dev->nr_reads, dev->nr_sectors_read, dev->nr_writes,
                   dev->nr_sectors_written);
    return 0;
}
