/*
 * What happens to a file and its mappings while a fault waits for the disk: no page is mapped that
 * the file has no more, none can be written that write-back thinks is clean, and a mapping that
 * goes meanwhile is not used after its end.
 */
#include "world.h"

static void shrink(void)
{
    assert_int_equal(file_truncate(file, PAGE_SIZE), 0);
}

static void shrink_and_grow(void)
{
    shrink();
    disk[4] = 0;
    assert_int_equal(file_truncate(file, NR_PAGES * PAGE_SIZE), 0);
}

static void write_back(void)
{
    assert_int_equal(file_fsync(file, false), 0);
}

static void unmap_all(void)
{
    assert_int_equal(vspace_unmap(a, PLACE, NR_PAGES * PAGE_SIZE), 0);
}

static void map_another(void)
{
    struct file *other = disk_file();

    disk[4] = 5;
    map_file(a, other, PLACE, 0, NR_PAGES, SHARED);
    file_put(other);
}

static void another_stores(void)
{
    assert_int_equal(store(b, PAGE(4), 77), 0);
}

static void another_stores_and_it_is_written(void)
{
    another_stores();
    write_back();
}

/* The next time that the disk is read, or asked for room. */
static void while_it_waits(void (*what)(void))
{
    meanwhile = what;
}

/* It did happen, and is over: what had to wait for the page has got it. */
static void it_has_happened(void)
{
    assert_null(meanwhile);
    thread_join(other);
}

static void the_file_shrinks(void **state)
{
    map(a, SHARED);
    while_it_waits(shrink);
    assert_int_equal(load_error(a, PAGE(4)), -ENXIO);
    it_has_happened();
    assert_false(is_mapped(a, PAGE(4)));
}

static void the_file_shrinks_under_a_store(void **state)
{
    map(a, SHARED);
    map(b, PRIVATE);
    while_it_waits(shrink);
    assert_int_equal(store(a, PAGE(4), 1), -ENXIO);
    it_has_happened();
    assert_int_equal(file_truncate(file, NR_PAGES * PAGE_SIZE), 0);
    while_it_waits(shrink);
    assert_int_equal(store(b, PAGE(4), 1), -ENXIO);
    it_has_happened();
    assert_int_equal(file_fsync(file, false), 0);
    assert_int_equal(nr_writes, 0);
}

/* Between its page and the room for it. */
static void the_file_shrinks_before_there_is_room(void **state)
{
    map(a, SHARED);
    assert_shows(a, PAGE(4), ON_DISK + 4);
    while_it_waits(shrink);
    assert_int_equal(store(a, PAGE(4), 1), -ENXIO);
    it_has_happened();
    assert_false(is_mapped(a, PAGE(4)));
}

/* What it gets is a page of the new file, and what it stores is in the file. */
static void the_file_shrinks_and_grows(void **state)
{
    uint64_t value;

    map(a, SHARED);
    assert_shows(a, PAGE(4), ON_DISK + 4);
    while_it_waits(shrink_and_grow);
    assert_int_equal(store(a, PAGE(4), 7), 0);
    it_has_happened();
    assert_int_equal(file_pread(file, &value, sizeof(value), 4 * PAGE_SIZE), sizeof(value));
    assert_int_equal(value, 7);
    assert_int_equal(file_fsync(file, false), 0);
    assert_int_equal(disk[4], 7);
}

static void the_mapping_goes(void **state)
{
    map(a, SHARED);
    while_it_waits(unmap_all);
    assert_int_equal(load_error(a, PAGE(4)), -EFAULT);
    it_has_happened();
    assert_int_equal(file->nr_refs, 1);
    map(a, SHARED);
    while_it_waits(unmap_all);
    assert_int_equal(store(a, PAGE(5), 1), -EFAULT);
    it_has_happened();
    assert_int_equal(file->nr_refs, 1);
}

static void another_mapping_comes(void **state)
{
    map(a, SHARED);
    while_it_waits(map_another);
    assert_shows(a, PAGE(4), 5);
    it_has_happened();
    assert_int_equal(file->nr_refs, 1);
}

/* The page is written for another, and clean again, before this store is allowed. */
static void another_stores_meanwhile(void **state)
{
    map(a, SHARED);
    map(b, SHARED);
    assert_shows(a, PAGE(4), ON_DISK + 4);
    while_it_waits(another_stores);
    assert_int_equal(store(a, PAGE(4), 78), 0);
    it_has_happened();
    assert_shows(b, PAGE(4), 78);
    assert_int_equal(file_fsync(file, false), 0);
    while_it_waits(another_stores_and_it_is_written);
    assert_int_equal(store(a, PAGE(4), 79), 0);
    it_has_happened();
    assert_int_equal(disk[4], 77);
    assert_int_equal(file_fsync(file, false), 0);
    assert_int_equal(disk[4], 79);
}

static void private_memory_waits_for_the_page_only(void **state)
{
    map(a, PRIVATE);
    map(b, SHARED);
    while_it_waits(another_stores);
    assert_int_equal(store(a, PAGE(4), 7), 0);
    it_has_happened();
    assert_shows(b, PAGE(4), 77);
    room_err = -ENOSPC;
    assert_int_equal(store(a, PAGE(5), 7), 0);
}

/* A whole range at once looks anew after each wait. */
static void a_range_that_is_filled(void **state)
{
    map(a, SHARED);
    while_it_waits(shrink);
    assert_int_equal(vspace_populate(a, PLACE, NR_PAGES * PAGE_SIZE, VMA_READ), -ENXIO);
    it_has_happened();
    assert_true(is_mapped(a, PAGE(0)));
    assert_false(is_mapped(a, PAGE(1)));
    while_it_waits(unmap_all);
    assert_int_equal(vspace_populate(a, PLACE, PAGE_SIZE, VMA_WRITE), -EFAULT);
    it_has_happened();
}

/*
 * Between the answer for a page and its entry in the tables, where nothing but another hart comes:
 * what became of the answer meanwhile is told by the kind itself.
 */
static void answers_that_are_out_of_date(void **state)
{
    const uint64_t at = 4 * PAGE_SIZE;
    struct vma_page page;
    struct vma *vma;

    map(a, SHARED);
    assert_int_equal(store(a, PAGE(4), 1), 0);
    vma = vspace_find(a, PAGE(4));
    assert_int_equal(vma_file.page(vma, at, VMA_WRITE, &page), 0);
    assert_true(page.is_writable);
    assert_true(vma_file.is_current(vma, at, VMA_WRITE, page.frame));
    write_back(); /* clean: the next store is to be told of */
    assert_false(vma_file.is_current(vma, at, VMA_WRITE, page.frame));
    assert_true(vma_file.is_current(vma, at, VMA_READ, page.frame));
    assert_int_equal(vma_file.page(vma, at, VMA_WRITE, &page), -EAGAIN);
    shrink();
    assert_false(vma_file.is_current(vma, at, VMA_READ, page.frame));
    assert_int_equal(file_truncate(file, NR_PAGES * PAGE_SIZE), 0);
    assert_shows(a, PAGE(4), 1); /* another frame: the old one is still held here */
    assert_false(vma_file.is_current(vma, at, VMA_READ, page.frame));
    frame_put(page.frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_file_shrinks),
        TEST(the_file_shrinks_under_a_store),
        TEST(the_file_shrinks_before_there_is_room),
        TEST(the_file_shrinks_and_grows),
        TEST(the_mapping_goes),
        TEST(another_mapping_comes),
        TEST(another_stores_meanwhile),
        TEST(private_memory_waits_for_the_page_only),
        TEST(a_range_that_is_filled),
        TEST(answers_that_are_out_of_date),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
