/*
 * The inode cache: the same inode for the same number, as long as it is in memory; what is unused
 * goes when there are many, when it is asked back, and with its file system; nobody gets what is
 * leaving.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <base/errno.h>
#include <frame/frame.h>
#include <heap/heap.h>
#include <host/host.h>
#include <vfs/vfs.h>

static unsigned nr_evicted;
static struct superblock *sb_of_last;
static uint64_t number_of_last;

/* As a file system would: in evict the inode still has its number, and is not found by it. */
static void evict(struct inode *inode)
{
    struct inode *found;

    nr_evicted++;
    sb_of_last = inode->sb;
    number_of_last = inode->number;
    if (!inode->is_numbered)
        return;
    assert_int_equal(inode_find(inode->sb, inode->number, &found), -EAGAIN);
    if (inode->private != NULL) /* its directory */
        inode_put(inode->private);
}

static const struct superblock_ops ops = {.inode_size = sizeof(struct inode), .evict = evict};
static const struct fs_type type = {.name = "numbered"};
static const struct inode_ops no_ops = {.getattr = NULL};

static struct inode *make(struct superblock *sb, uint64_t number)
{
    struct inode *inode = inode_alloc(sb, S_IFREG | 0644);

    assert_non_null(inode);
    inode->ops = &no_ops;
    inode->ino = number + 1000;
    inode_enter(inode, number);
    return inode;
}

static struct inode *find(struct superblock *sb, uint64_t number)
{
    struct inode *inode;

    return inode_find(sb, number, &inode) == 0 ? inode : NULL;
}

static struct superblock *make_fs(void)
{
    struct superblock *sb = superblock_alloc(&type, &ops);

    assert_non_null(sb);
    struct inode *root = inode_alloc(sb, S_IFDIR | 0755);

    assert_non_null(root);
    root->ops = &no_ops;
    assert_int_equal(superblock_set_root(sb, root), 0);
    nr_evicted = 0;
    return sb;
}

static void test_the_same_inode(void **state)
{
    struct superblock *a = make_fs(), *b = make_fs();
    struct inode *one = make(a, 1), *other = make(b, 1), *big = make(a, UINT64_MAX);

    (void)state;
    assert_ptr_equal(find(a, 1), one);
    assert_ptr_equal(find(b, 1), other);
    assert_ptr_equal(find(a, UINT64_MAX), big);
    assert_null(find(a, 2));
    assert_int_equal(inode_find_ino(a, 1), 1001);
    assert_int_equal(inode_find_ino(a, 2), 0);
    inode_put(one);
    inode_put(one); /* the last: it is unused, and found again */
    assert_int_equal(nr_evicted, 0);
    assert_ptr_equal(find(a, 1), one);
    assert_int_equal(one->nr_refs, 1);
    inode_leave(one); /* another place */
    inode_enter(one, 7);
    assert_null(find(a, 1));
    assert_ptr_equal(find(a, 7), one);
    inode_put(one);
    one->nlink = 0; /* without a name it does not outlive its users */
    inode_put(one);
    assert_int_equal(nr_evicted, 1);
    assert_int_equal(number_of_last, 7);
    assert_null(find(a, 7));
    for (int i = 0; i < 2; i++) {
        inode_put(other);
        inode_put(big);
    }
    superblock_put(a);
    superblock_put(b);
}

static void test_unused_ones_go(void **state)
{
    struct superblock *a = make_fs(), *b = make_fs();
    struct inode *used = make(a, 5000);

    (void)state;
    for (uint64_t number = 0; number < 1000; number++)
        inode_put(make(a, number));
    assert_in_range(nr_evicted, 700, 950); /* the oldest, so that not all are kept */
    assert_null(find(a, 0));
    struct inode *inode = find(a, 999);

    assert_non_null(inode);
    inode_put(inode);
    inode_put(make(b, 1));
    assert_int_equal(inode_shrink(3), 3);
    assert_in_range(inode_shrink(SIZE_MAX), 1, 200);
    assert_int_equal(inode_shrink(SIZE_MAX), 0);
    assert_int_equal(nr_evicted, 1001);
    assert_ptr_equal(find(a, 5000), used);
    inode_put(used);
    inode_put(used);
    assert_int_equal(nr_evicted, 1001);
    superblock_put(a);
    assert_int_equal(nr_evicted, 1003); /* and its root */
    superblock_put(b);
}

/* A directory is used by what is in it, and goes with the last of that and the file system. */
static void test_the_end_of_a_file_system(void **state)
{
    struct superblock *sb = make_fs(), *other = make_fs();
    struct inode *dir = make(sb, 1);

    (void)state;
    inode_put(make(other, 1));
    for (uint64_t number = 2; number < 20; number++) {
        struct inode *inode = make(sb, number);

        inode_get(dir);
        inode->private = dir;
        inode_put(inode);
    }
    inode_put(dir);
    assert_int_equal(nr_evicted, 0);
    superblock_put(sb);
    assert_int_equal(nr_evicted, 1 + 18 + 1);
    assert_ptr_equal(sb_of_last, sb);
    assert_int_equal(number_of_last, 1);
    superblock_put(other);
}

static int setup(void **state)
{
    const struct frame_range ram = {PADDR(0x80000000), MIB(64)};

    (void)state;
    host_ram_init(ram.start, ram.size);
    return frame_init(&ram, 1, NULL, 0) != 0 || heap_init() != 0 || vfs_init() != 0 ? -1 : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_inode),
        cmocka_unit_test(test_unused_ones_go),
        cmocka_unit_test(test_the_end_of_a_file_system),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
