#include <flusher/flusher.h>

#include <pagecache/pagecache.h>
#include <time/time.h>
#include <vfs/vfs.h>
#include <work/work.h>

/* Delay for the first dirty page, as in Linux; later ones wait less. */
#define FLUSH_DELAY_NS (20 * NS_PER_SEC)

static struct work_queue queue; /* a queue of its own: a slow disk must not delay other work */
static struct delayed_work flush_work;

static void pages_are_dirty(void)
{
    delayed_work_submit_to(&queue, &flush_work, FLUSH_DELAY_NS);
}

static void flush(struct work *work)
{
    struct pagecache_stats stats;

    (void)work;
    (void)vfs_sync(); /* pages that fail stay dirty, and the file system reports it */
    pagecache_stats(&stats);
    if (stats.nr_dirty > 0)
        pages_are_dirty();
}

int flusher_init(void)
{
    int err = work_queue_init(&queue, "flusher");

    if (err)
        return err;
    delayed_work_init(&flush_work, flush);
    pagecache_on_first_dirty = pages_are_dirty;
    return 0;
}
