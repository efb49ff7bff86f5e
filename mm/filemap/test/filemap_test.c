/*
 * Files as memory: what private and shared mappings show and write, where a file ends, what
 * write-back sees, how long a mapping keeps its file.
 */
#include "world.h"

#define PUNCH_HOLE 0x02
#define KEEP_SIZE  0x01

static uint64_t word_in_file(struct file *f, unsigned page)
{
    uint64_t value;

    assert_int_equal(file_pread(f, &value, sizeof(value), page * PAGE_SIZE), sizeof(value));
    return value;
}

static void write_to_file(struct file *f, unsigned page, uint64_t value)
{
    assert_int_equal(file_pwrite(f, &value, sizeof(value), page * PAGE_SIZE), sizeof(value));
}

/* ---- private and shared ---- */

static void a_private_page_is_the_files_until_it_is_written(void **state)
{
    map(a, PRIVATE);
    assert_shows(a, PAGE(3), ON_DISK + 3);
    assert_int_equal(store(a, PAGE(3), 7), 0);
    assert_int_equal(store(a, PAGE(4), 8), 0); /* without having been read */
    write_to_file(file, 3, 70);
    write_to_file(file, 5, 90);
    assert_shows(a, PAGE(3), 7);
    assert_shows(a, PAGE(4), 8);
    assert_shows(a, PAGE(5), 90);
    assert_int_equal(word_in_file(file, 3), 70);
    assert_int_equal(word_in_file(file, 4), ON_DISK + 4);
}

static void shared_pages_meet(void **state)
{
    map(a, SHARED);
    map_file(b, file, PAGE(2), 0, 4, SHARED); /* elsewhere */
    map_file(a, file, PAGE(20), 1, 1, PRIVATE);
    assert_shows(b, PAGE(3), ON_DISK + 1);
    assert_int_equal(store(a, PAGE(1), 7), 0);
    assert_shows(b, PAGE(3), 7);
    assert_int_equal(store(b, PAGE(3), 8), 0);
    assert_shows(a, PAGE(1), 8);
    assert_shows(a, PAGE(20), 8);
    assert_int_equal(word_in_file(file, 1), 8);
    write_to_file(file, 1, 9);
    assert_shows(a, PAGE(1), 9);
    assert_int_equal(nr_reads, 1);
}

static void rights_are_the_mappings(void **state)
{
    map(a, READ_ONLY);
    assert_int_equal(store(a, PAGE(0), 7), -EACCES);
    assert_shows(a, PAGE(0), ON_DISK);
    assert_int_equal(vspace_protect(a, PAGE(0), PAGE_SIZE, VMA_READ | VMA_WRITE), -EACCES);
    map(b, READ_ONLY | VMA_MAY_WRITE);
    assert_int_equal(vspace_protect(b, PAGE(0), PAGE_SIZE, VMA_READ | VMA_WRITE), 0);
    assert_int_equal(store(b, PAGE(0), 7), 0);
    assert_int_equal(store(b, PAGE(1), 7), -EACCES);
    assert_shows(a, PAGE(0), 7);
}

static void a_child_shares_what_is_shared(void **state)
{
    struct vspace *child = new_space();

    map(a, SHARED);
    map_file(a, file, PAGE(20), 0, NR_PAGES, PRIVATE);
    assert_int_equal(store(a, PAGE(21), 5), 0);
    assert_int_equal(vspace_fork(child, a), 0);
    assert_int_equal(store(child, PAGE(1), 6), 0);
    assert_int_equal(store(child, PAGE(21), 7), 0);
    assert_shows(a, PAGE(1), 6);
    assert_shows(a, PAGE(21), 5);
    assert_shows(child, PAGE(21), 7);
    assert_shows(child, PAGE(22), ON_DISK + 2);
    vspace_put(child);
    assert_shows(a, PAGE(1), 6);
}

/* ---- the end of the file ---- */

static void past_the_end(void **state)
{
    map_file(a, file, PLACE, 8, 16, SHARED);
    map_file(a, file, PAGE(20), 8, 16, PRIVATE);
    assert_shows(a, PAGE(7), ON_DISK + 15);
    assert_int_equal(load_error(a, PAGE(8)), -ENXIO);
    assert_int_equal(store(a, PAGE(8), 1), -ENXIO);
    assert_int_equal(store(a, PAGE(28), 1), -ENXIO);
    assert_int_equal(file_truncate(file, 17 * PAGE_SIZE + 1), 0); /* a page that is begun counts */
    assert_shows(a, PAGE(9), 0);
    assert_int_equal(store(a, PAGE(9), 1), 0);
    assert_int_equal(load_error(a, PAGE(10)), -ENXIO);
}

/* Copies of pages that the file has no more go, too. */
static void a_file_that_shrinks(void **state)
{
    map(a, SHARED);
    map(b, PRIVATE);
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(store(a, PAGE(i), 50 + i), 0);
        assert_shows(b, PAGE(i), 50 + i);
    }
    assert_int_equal(store(b, PAGE(1), 7), 0);
    assert_int_equal(store(b, PAGE(4), 8), 0);
    assert_int_equal(file_truncate(file, 2 * PAGE_SIZE), 0);
    for (unsigned i = 2; i < 6; i++) {
        assert_int_equal(load_error(a, PAGE(i)), -ENXIO);
        assert_int_equal(load_error(b, PAGE(i)), -ENXIO);
    }
    assert_shows(a, PAGE(1), 51);
    assert_shows(b, PAGE(1), 7);
}

/* What is behind the end within its page is gone, and does not come back. */
static void a_file_that_shrinks_and_grows(void **state)
{
    uint64_t *tail;
    int err;

    map(a, SHARED);
    tail = word(a, PAGE(1), VMA_WRITE, &err);
    assert_int_equal(err, 0);
    tail[0] = 5;
    tail[8] = 6;
    assert_int_equal(store(a, PAGE(2), 7), 0);
    assert_int_equal(file_truncate(file, PAGE_SIZE + 64), 0);
    disk[2] = 0; /* as a file system's truncate leaves it */
    assert_int_equal(file_truncate(file, 4 * PAGE_SIZE), 0);
    tail = word(a, PAGE(1), VMA_READ, &err);
    assert_int_equal(tail[0], 5);
    assert_int_equal(tail[8], 0);
    assert_shows(a, PAGE(2), 0);
    assert_int_equal(word_in_file(file, 2), 0);
}

/* Whatever became of the VMAs: cut, moved, forked. */
static void every_mapping_loses_the_pages(void **state)
{
    struct vspace *child = new_space();
    uint64_t moved;

    map(a, SHARED);
    for (unsigned i = 0; i < NR_PAGES; i++)
        assert_shows(a, PAGE(i), ON_DISK + i);
    assert_int_equal(vspace_unmap(a, PAGE(5), PAGE_SIZE), 0);
    assert_int_equal(vspace_protect(a, PAGE(7), PAGE_SIZE, VMA_READ), 0);
    assert_int_equal(vspace_remap(a, PAGE(9), 2 * PAGE_SIZE, 2 * PAGE_SIZE,
                                  VSPACE_REMAP_MAY_MOVE | VSPACE_REMAP_FIXED, PAGE(40), &moved),
                     0);
    assert_int_equal(vspace_fork(child, a), 0);
    assert_shows(child, PAGE(40), ON_DISK + 9);
    assert_int_equal(file_truncate(file, PAGE_SIZE), 0);
    for (unsigned i = 1; i < 42; i++) {
        assert_false(is_mapped(a, PAGE(i)));
        assert_false(is_mapped(child, PAGE(i)));
    }
    assert_shows(a, PAGE(0), ON_DISK);
    vspace_put(child);
}

/* A hole in the file is none in a private copy: it is the program's own memory. */
static void a_hole_leaves_private_copies(void **state)
{
    struct file *f;

    assert_int_equal(vfs_open(CTX, NULL, "/f", O_RDWR | O_CREAT, 0600, &f), 0);
    for (unsigned i = 0; i < 4; i++)
        write_to_file(f, i, 10 + i);
    assert_int_equal(file_truncate(f, 4 * PAGE_SIZE), 0);
    map_file(a, f, PLACE, 0, 4, SHARED);
    map_file(b, f, PLACE, 0, 4, PRIVATE);
    for (unsigned i = 0; i < 4; i++)
        assert_shows(b, PAGE(i), 10 + i);
    assert_int_equal(store(b, PAGE(1), 7), 0);
    assert_int_equal(store(a, PAGE(2), 8), 0);
    assert_int_equal(file_fallocate(f, PUNCH_HOLE | KEEP_SIZE, PAGE_SIZE, 2 * PAGE_SIZE), 0);
    assert_shows(a, PAGE(1), 0);
    assert_shows(a, PAGE(2), 0);
    assert_shows(b, PAGE(2), 0);
    assert_shows(b, PAGE(1), 7);
    assert_shows(b, PAGE(3), 13);
    assert_int_equal(file_truncate(f, 0), 0); /* there it goes, as everything does */
    assert_int_equal(load_error(b, PAGE(1)), -ENXIO);
    assert_int_equal(vspace_unmap(a, PLACE, 4 * PAGE_SIZE), 0);
    assert_int_equal(vspace_unmap(b, PLACE, 4 * PAGE_SIZE), 0);
    file_put(f);
    assert_int_equal(vfs_unlink(CTX, NULL, "/f"), 0);
}

/* ---- write-back ---- */

static void a_page_that_was_only_read_is_clean(void **state)
{
    map(a, SHARED);
    assert_shows(a, PAGE(0), ON_DISK);
    assert_false(is_writable(a, PAGE(0)));
    assert_int_equal(file_fsync(file, false), 0);
    assert_int_equal(nr_writes, 0);
    assert_int_equal(store(a, PAGE(0), 7), 0);
    assert_int_equal(file_fsync(file, false), 0);
    assert_int_equal(nr_writes, 1);
    assert_int_equal(disk[0], 7);
}

static void private_pages_are_never_written(void **state)
{
    map(a, PRIVATE);
    for (unsigned i = 0; i < NR_PAGES; i++)
        assert_int_equal(store(a, PAGE(i), 7), 0);
    assert_int_equal(file_fsync(file, false), 0);
    assert_int_equal(nr_writes, 0);
    assert_true(is_writable(a, PAGE(3)));
}

/* The store after a write-back is seen by the next one, in whatever space it is made. */
static void each_store_reaches_the_disk(void **state)
{
    struct vspace *child = new_space();

    map(a, SHARED);
    map(b, SHARED);
    assert_int_equal(vspace_fork(child, a), 0);
    for (uint64_t value = 1; value < 5; value++) {
        struct vspace *writer = value == 1 ? a : value == 2 ? b : value == 3 ? child : a;

        assert_int_equal(store(a, PAGE(2), 0), 0);
        assert_int_equal(store(b, PAGE(2), 0), 0);
        assert_int_equal(store(child, PAGE(2), 0), 0);
        assert_int_equal(file_fsync(file, false), 0);
        assert_false(is_writable(a, PAGE(2)) || is_writable(b, PAGE(2)) ||
                     is_writable(child, PAGE(2)));
        assert_int_equal(store(writer, PAGE(2), value), 0);
        assert_int_equal(file_fsync(file, false), 0);
        assert_int_equal(disk[2], value);
    }
    vspace_put(child);
}

static void msync_writes_its_range(void **state)
{
    struct vma *vma;

    map_file(a, file, PLACE, 4, 8, SHARED);
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(store(a, PAGE(i), i), 0);
    vma = vspace_find(a, PLACE);
    assert_int_equal(vma->ops->sync(vma, 6 * PAGE_SIZE, PAGE_SIZE), 0);
    assert_int_equal(nr_writes, 1);
    assert_int_equal(disk[6], 2);
    assert_int_equal(vma->ops->sync(vma, 6 * PAGE_SIZE, 2 * PAGE_SIZE), 0);
    assert_int_equal(nr_writes, 2);
    write_err = -EIO;
    assert_int_equal(vma->ops->sync(vma, 8 * PAGE_SIZE, PAGE_SIZE), -EIO);
    write_err = 0;
    assert_int_equal(vma->ops->sync(vma, 4 * PAGE_SIZE, 8 * PAGE_SIZE), 0);
    assert_int_equal(nr_writes, 8);
}

/* ---- what fails ---- */

static void a_disk_that_cannot_be_read(void **state)
{
    map(a, SHARED);
    map(b, PRIVATE);
    read_err = -EIO;
    assert_int_equal(load_error(a, PAGE(0)), -EIO);
    assert_int_equal(store(a, PAGE(0), 1), -EIO);
    assert_int_equal(store(b, PAGE(0), 1), -EIO);
    read_err = 0;
    assert_int_equal(store(b, PAGE(0), 1), 0);
    assert_shows(a, PAGE(0), ON_DISK);
}

/* Told before anything is stored; who has a copy of its own needs no room. */
static void a_disk_without_room(void **state)
{
    map(a, SHARED);
    map(b, PRIVATE);
    room_err = -ENOSPC;
    assert_int_equal(store(a, PAGE(0), 1), -ENOSPC);
    assert_shows(a, PAGE(0), ON_DISK);
    assert_int_equal(store(a, PAGE(0), 1), -ENOSPC);
    assert_int_equal(store(b, PAGE(0), 2), 0);
    assert_int_equal(file_fsync(file, false), 0);
    assert_int_equal(nr_writes, 0);
    room_err = 0;
    assert_int_equal(store(a, PAGE(0), 1), 0);
    assert_int_equal(word_in_file(file, 0), 1);
}

/* ---- identity, name, life ---- */

static void a_word_has_one_identity(void **state)
{
    struct file *other = disk_file();
    uint64_t id[4], offset;

    map_file(a, file, PLACE, 2, 4, SHARED);
    map_file(a, file, PAGE(20), 0, 4, SHARED);
    map_file(b, file, PLACE, 1, 4, READ_ONLY);
    map_file(b, other, PAGE(20), 3, 1, SHARED);
    assert_int_equal(vspace_identify(a, PAGE(1) + 8, VMA_WRITE, &id[0], &offset), 0);
    assert_int_equal(offset, 3 * PAGE_SIZE + 8);
    assert_int_equal(vspace_identify(a, PAGE(23) + 8, VMA_WRITE, &id[1], &offset), 0);
    assert_int_equal(offset, 3 * PAGE_SIZE + 8);
    assert_int_equal(vspace_identify(b, PAGE(2) + 8, VMA_READ, &id[2], &offset), 0);
    assert_int_equal(offset, 3 * PAGE_SIZE + 8);
    assert_int_equal(vspace_identify(b, PAGE(20) + 8, VMA_WRITE, &id[3], &offset), 0);
    assert_int_not_equal(id[0], 0);
    assert_int_equal(id[1], id[0]);
    assert_int_equal(id[2], id[0]);
    assert_int_not_equal(id[3], id[0]);
    assert_int_equal(vspace_identify(a, PAGE(20) + NR_PAGES * PAGE_SIZE, VMA_READ, id, &offset),
                     -EFAULT);
    assert_int_equal(vspace_unmap(b, PAGE(20), PAGE_SIZE), 0);
    file_put(other);
}

static void its_name_and_number(void **state)
{
    uint64_t device = 0, inode = 0;
    char name[64];
    struct file *f;
    struct vfs_stat st;

    map(a, SHARED);
    vma_file.describe(vspace_find(a, PLACE), name, sizeof(name), &device, &inode);
    assert_string_equal(name, ""); /* a file without a name */
    assert_int_equal(device, sb->dev);
    assert_int_equal(inode, 42);
    assert_int_equal(write_file("/named", "x", 1), 1);
    assert_int_equal(stat_file("/named", &st), 0);
    assert_int_equal(vfs_open(CTX, NULL, "/named", O_RDONLY, 0, &f), 0);
    map_file(b, f, PLACE, 0, 1, PRIVATE);
    file_put(f);
    vma_file.describe(vspace_find(b, PLACE), name, sizeof(name), &device, &inode);
    assert_string_equal(name, "/named");
    assert_int_equal(inode, st.ino);
    vma_file.describe(vspace_find(b, PLACE), name, 3, &device, &inode); /* no room for it */
    assert_string_equal(name, "");
    assert_int_equal(vspace_unmap(b, PLACE, PAGE_SIZE), 0);
    assert_int_equal(vfs_unlink(CTX, NULL, "/named"), 0);
}

/* One mapping is one reference to the file, into however many VMAs it falls. */
static void the_last_vma_closes_the_file(void **state)
{
    struct vspace *child = new_space();

    map(a, SHARED);
    assert_int_equal(file->nr_refs, 2);
    map(b, PRIVATE);
    assert_int_equal(file->nr_refs, 3);
    assert_int_equal(vspace_unmap(a, PAGE(3), PAGE_SIZE), 0);
    assert_int_equal(vspace_fork(child, a), 0);
    assert_int_equal(vspace_unmap(a, PLACE, NR_PAGES * PAGE_SIZE), 0);
    assert_int_equal(file->nr_refs, 3);
    assert_shows(child, PAGE(4), ON_DISK + 4);
    assert_int_equal(vspace_unmap(child, PAGE(4), 12 * PAGE_SIZE), 0);
    assert_int_equal(file->nr_refs, 3);
    assert_int_equal(vspace_unmap(child, PLACE, PAGE_SIZE * 4), 0);
    assert_int_equal(file->nr_refs, 2);
    vspace_put(child);
}

/* Closed and deleted, it is memory still. */
static void a_mapping_outlives_the_descriptor(void **state)
{
    struct file *f = disk_file();

    map_file(a, f, PLACE, 0, 4, SHARED);
    file_put(f);
    assert_int_equal(store(a, PAGE(1), 7), 0);
    assert_shows(a, PAGE(1), 7);
    assert_shows(a, PAGE(2), ON_DISK + 2);
}

/* A page that is mapped is in use. */
static void mapped_pages_stay_in_memory(void **state)
{
    struct pagecache_stats stats;

    map(a, READ_ONLY);
    for (unsigned i = 0; i < NR_PAGES; i++)
        assert_shows(a, PAGE(i), ON_DISK + i);
    assert_int_equal(pagecache_evict(NR_PAGES), 0);
    assert_int_equal(vspace_unmap(a, PLACE, 6 * PAGE_SIZE), 0);
    assert_int_equal(pagecache_evict(NR_PAGES), 6);
    pagecache_stats(&stats);
    assert_int_equal(stats.nr_evictable, NR_PAGES - 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_private_page_is_the_files_until_it_is_written),
        TEST(shared_pages_meet),
        TEST(rights_are_the_mappings),
        TEST(a_child_shares_what_is_shared),
        TEST(past_the_end),
        TEST(a_file_that_shrinks),
        TEST(a_file_that_shrinks_and_grows),
        TEST(every_mapping_loses_the_pages),
        TEST(a_hole_leaves_private_copies),
        TEST(a_page_that_was_only_read_is_clean),
        TEST(private_pages_are_never_written),
        TEST(each_store_reaches_the_disk),
        TEST(msync_writes_its_range),
        TEST(a_disk_that_cannot_be_read),
        TEST(a_disk_without_room),
        TEST(a_word_has_one_identity),
        TEST(its_name_and_number),
        TEST(the_last_vma_closes_the_file),
        TEST(a_mapping_outlives_the_descriptor),
        TEST(mapped_pages_stay_in_memory),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
