#include <flusher/flusher.h>

#include <pagecache/pagecache.h>
#include <time/time.h>
#include <vfs/vfs.h>
#include <work/work.h>

/* Linux lets data grow 30 s old; this is how long the first page waits, the later ones less. */
#define FLUSH_DELAY_NS (20 * NS_PER_SEC)

static struct work_queue queue; /* its own: a slow disk must hold up nobody else's items */
static struct delayed_work flush_work;

static void pages_are_dirty(void)
{
    delayed_work_submit_to(&queue, &flush_work, FLUSH_DELAY_NS);
}

static void flush(struct work *work)
{
    struct pagecache_stats stats;

    (void)work;
    (void)vfs_sync(); /* what could not be written stays dirty, and its file system says so */
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
