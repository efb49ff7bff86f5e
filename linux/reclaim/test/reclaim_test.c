/*
 * linux/reclaim: a second after the last end of a thread the allocators' spares go back, once for
 * many ends; clean pages and unused files go when they are asked for, dirty ones stay.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <irq/upcalls.h>
#include <kmap/kmap.h>
#include <pagecache/pagecache.h>
#include <reclaim/reclaim.h>
#include <slab/slab.h>
#include <vfs/dentry.h>
#include <work/work.h>

#include "../../../fs/ramfs/test/world.h"

static int setup(void **state)
{
    (void)state;
    time_init(NS_PER_SEC); /* a tick is a nanosecond */
    if (world_init() != 0 || work_system_init() != 0)
        return -1;
    kmap_init();
    reclaim_init();
    return 0;
}

static void pass(uint64_t ns)
{
    host_ticks += ns;
    arch_irq_disable();
    time_interrupt();
    arch_irq_enable();
}

/* The worker's part, which no thread does here: runs what is pending; how many items. */
static unsigned work(void)
{
    struct list *node;
    unsigned nr = 0;

    ASSUME_UNSHARED(&work_system_queue.lock, "one thread runs");
    while ((node = list_pop(&work_system_queue.pending)) != NULL) {
        struct work *item = list_entry(node, struct work, node);

        ASSUME_UNSHARED(&item->queue->lock, "one thread runs");
        item->is_pending = false;
        item->fn(item);
        nr++;
    }
    return nr;
}

/* Something that the slabs keep after its last user. */
static void leave_spares(void)
{
    static struct slab_cache cache;
    static bool is_made;
    void *objects[64];

    if (!is_made)
        slab_cache_init(&cache, "test", 1024, 8, 0);
    is_made = true;
    for (size_t i = 0; i < ARRAY_SIZE(objects); i++)
        objects[i] = slab_alloc(&cache);
    for (size_t i = 0; i < ARRAY_SIZE(objects); i++)
        slab_free(&cache, objects[i]);
}

static void spares_go_back(void **state)
{
    uint64_t before;

    (void)state;
    reclaim_spares();
    before = frames_used();
    leave_spares();
    assert_true(frames_used() > before);
    reclaim_spares();
    assert_int_equal(frames_used(), before);
}

static void once_a_second_after_many_ends(void **state)
{
    uint64_t kept;

    (void)state;
    leave_spares();
    kept = frames_used();
    reclaim_soon();
    reclaim_soon();
    pass(NS_PER_SEC - 1000);
    assert_int_equal(work(), 0);
    reclaim_soon(); /* does not put it off */
    pass(1000);
    assert_int_equal(frames_used(), kept); /* not in the interrupt */
    assert_int_equal(work(), 1);
    assert_true(frames_used() < kept);
    pass(10 * NS_PER_SEC);
    assert_int_equal(work(), 0); /* nothing runs in a system that rests */
    reclaim_soon();
    pass(NS_PER_SEC);
    assert_int_equal(work(), 1);
}

static void pages_that_can_be_read_again(void **state)
{
    static const uint8_t body[3 * PAGE_SIZE] = {7};
    struct pagecache_stats stats;
    struct frame *frame;
    struct file *file;
    char c = 'd';

    (void)state;
    assert_int_equal(vfs_open(CTX, NULL, "/f", O_CREAT | O_RDWR, 0600, &file), 0);
    ramfs_set_body(file_inode(file), body, sizeof(body), false);
    for (uint64_t index = 0; index < 3; index++) {
        assert_int_equal(pagecache_get(&file_inode(file)->cache, index, 0, &frame), 0);
        frame_put(frame);
    }
    assert_int_equal(file_pwrite(file, &c, 1, PAGE_SIZE), 1);
    pagecache_stats(&stats);
    assert_int_equal(stats.nr_evictable, 2);
    reclaim_pages();
    pagecache_stats(&stats);
    assert_int_equal(stats.nr_evictable, 0);
    assert_int_equal(file_inode(file)->cache.nr_pages, 1);
    assert_int_equal(file_pread(file, &c, 1, PAGE_SIZE), 1);
    assert_int_equal(c, 'd');
    assert_int_equal(file_pread(file, &c, 1, 0), 1);
    assert_int_equal(c, 7);
    file_put(file);
    assert_int_equal(vfs_unlink(CTX, NULL, "/f"), 0);
}

static unsigned nr_evicted;

static void count_evict(struct inode *inode)
{
    nr_evicted += inode->is_numbered;
}

static const struct superblock_ops sb_ops = {.inode_size = sizeof(struct inode),
                                             .evict = count_evict};
static const struct fs_type type = {.name = "numbered"};
static const struct inode_ops no_ops = {.getattr = NULL};

/* Files that a disk could give again are kept by number after their last user, until then. */
static void files_that_nobody_uses(void **state)
{
    struct superblock *sb = superblock_alloc(&type, &sb_ops);
    struct inode *inodes[8];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(inodes); i++) {
        inodes[i] = inode_alloc(sb, S_IFREG | 0644);
        assert_non_null(inodes[i]);
        inodes[i]->ops = &no_ops;
        inode_enter(inodes[i], i);
    }
    for (size_t i = 1; i < ARRAY_SIZE(inodes); i++)
        inode_put(inodes[i]);
    assert_int_equal(nr_evicted, 0);
    reclaim_names();
    assert_int_equal(nr_evicted, 7); /* somebody has the first */
    inode_put(inodes[0]);
    reclaim_names();
    assert_int_equal(nr_evicted, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spares_go_back),
        cmocka_unit_test(once_a_second_after_many_ends),
        cmocka_unit_test(pages_that_can_be_read_again),
        cmocka_unit_test(files_that_nobody_uses),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
