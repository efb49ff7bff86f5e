/* See <reclaim/reclaim.h>. */
#include <reclaim/reclaim.h>

#include <heap/heap.h>
#include <irq/irq.h>
#include <kmap/kmap.h>
#include <pagecache/pagecache.h>
#include <percpu/percpu.h>
#include <slab/slab.h>
#include <vfs/dentry.h>
#include <vfs/inode.h>
#include <work/work.h>

#define DELAY_NS    NS_PER_SEC
#define EVICT_PAGES 256

static struct delayed_work spares_work;
static uint32_t is_due; /* [a] spares_work is scheduled and has not begun */

static void drain_magazines(void *ctx)
{
    (void)ctx;
    (void)slab_shrink(SIZE_MAX);
}

void reclaim_spares(void)
{
    kmap_shrink();
    (void)heap_shrink();
    ipi_call(__atomic_load_n(&cpus_online, __ATOMIC_RELAXED), drain_magazines, NULL);
}

static void spares_are_due(struct work *work)
{
    (void)work;
    /* Clear the mark first: a thread that ends from here on schedules the work again. */
    __atomic_store_n(&is_due, 0, __ATOMIC_SEQ_CST);
    reclaim_spares();
}

void reclaim_init(void)
{
    delayed_work_init(&spares_work, spares_are_due);
}

void reclaim_soon(void)
{
    if (READ_ONCE(is_due) == 0 && __atomic_exchange_n(&is_due, 1, __ATOMIC_SEQ_CST) == 0)
        delayed_work_submit(&spares_work, DELAY_NS);
}

/* Evict in batches, to release the locks in between. A recently used page needs two passes. */
void reclaim_pages(void)
{
    struct pagecache_stats cache;

    pagecache_stats(&cache);
    for (uint64_t done = 0; done <= cache.nr_evictable; done += EVICT_PAGES)
        if (pagecache_evict(EVICT_PAGES) == 0)
            break;
}

void reclaim_names(void)
{
    (void)dentry_shrink(SIZE_MAX);
    (void)inode_shrink(SIZE_MAX); /* kept until now by the dentries */
}
