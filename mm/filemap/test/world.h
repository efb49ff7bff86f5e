/*
 * What the tests of mm/filemap share: a file of 16 pages on a pretended disk, two spaces, and
 * programs in them, which fault when the tables do not allow what they do, and only then.
 */
#ifndef FILEMAP_TEST_WORLD_H
#define FILEMAP_TEST_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <filemap/filemap.h>
#include <pagecache/pagecache.h>
#include <thread/thread.h>

#include "../../../fs/ramfs/test/world.h"

#define NR_PAGES  16u
#define AREA      MIB(2)
#define END       MIB(64)
#define PLACE     (AREA + 64 * PAGE_SIZE)
#define PAGE(n)   (PLACE + (n)*PAGE_SIZE)
#define ON_DISK   1000u /* the word of page n is n more */
#define SHARED    (VMA_READ | VMA_WRITE | VMA_SHARED)
#define PRIVATE   (VMA_READ | VMA_WRITE)
#define READ_ONLY (VMA_READ | VMA_SHARED)

static uint64_t disk[NR_PAGES];
static unsigned nr_reads, nr_writes; /* pages */
static int read_err, write_err, room_err;
static void (*meanwhile)(void); /* once, while the disk is waited for, in a thread of its own */
static void (*happening)(void);
static struct thread *other;

static struct superblock *sb;
static struct file *file;
static struct vspace *a, *b;
static uint64_t nr_bytes_at_begin;

static void other_runs(void *arg)
{
    happening();
}

static inline void wait_for_disk(void)
{
    if (!meanwhile)
        return;
    happening = meanwhile;
    meanwhile = NULL;
    other = thread_create(other_runs, NULL, "other", NULL);
    thread_yield();
}

static int disk_read(struct pagecache *cache, uint64_t index, struct frame *const *frames,
                     size_t nr)
{
    for (size_t i = 0; i < nr && !read_err; i++) {
        memset(frame_to_virt(frames[i]), 0, PAGE_SIZE);
        if (index + i < NR_PAGES)
            *(uint64_t *)frame_to_virt(frames[i]) = disk[index + i];
        nr_reads++;
    }
    wait_for_disk();
    return read_err;
}

static int disk_write(struct pagecache *cache, uint64_t index, struct frame *const *frames,
                      size_t nr)
{
    for (size_t i = 0; i < nr && !write_err; i++) {
        if (index + i < NR_PAGES)
            disk[index + i] = *(uint64_t *)frame_to_virt(frames[i]);
        nr_writes++;
    }
    return write_err;
}

static int disk_make_writable(struct pagecache *cache, uint64_t index)
{
    wait_for_disk();
    return room_err;
}

static const struct pagecache_ops disk_ops = {
    .read_pages = disk_read, .write_pages = disk_write, .make_writable = disk_make_writable};
static const struct inode_ops disk_inode_ops = {0};
static const struct superblock_ops disk_fs_ops = {.inode_size = sizeof(struct inode)};
static const struct fs_type disk_fs = {.name = "pretended"};
static const struct file_ops disk_file_ops = {.read = generic_file_read,
                                              .write = generic_file_write,
                                              .mmap = generic_file_mmap,
                                              .fsync = generic_file_fsync};

static inline struct file *disk_file(void)
{
    struct inode *inode = inode_alloc(sb, S_IFREG | 0644);
    struct file *f;

    inode->ops = &disk_inode_ops;
    inode->ino = 42;
    inode->nlink = 0; /* it is deleted: what is dirty at its end does not matter */
    inode->size = NR_PAGES * PAGE_SIZE;
    pagecache_init(&inode->cache, &disk_ops, true);
    f = vfs_file_alloc(&disk_file_ops, inode, O_RDWR);
    inode_put(inode);
    return f;
}

static inline struct vspace *new_space(void)
{
    struct vspace *vs = vspace_create(VSPACE_STAGE1, AREA, END);

    assert_non_null(vs);
    return vs;
}

static inline void map_file(struct vspace *vs, struct file *f, uint64_t at, unsigned first,
                            unsigned nr, uint32_t flags)
{
    struct file_mapping mapping;
    struct vspace_map_request r = {.addr = at,
                                   .size = nr * PAGE_SIZE,
                                   .flags = flags,
                                   .options = VSPACE_FIXED,
                                   .ops = &vma_file,
                                   .offset = first * PAGE_SIZE};
    uint64_t addr;

    assert_int_equal(file_mmap(f, &mapping), 0);
    r.object = filemap_create(f, &mapping);
    assert_non_null(r.object);
    assert_int_equal(vspace_map(vs, &r, &addr), 0);
    filemap_put(r.object);
}

/* The whole file at PLACE. */
static inline void map(struct vspace *vs, uint32_t flags)
{
    map_file(vs, file, PLACE, 0, NR_PAGES, flags);
}

/* The word at addr, for the access; NULL: *err says why. */
static inline uint64_t *word(struct vspace *vs, uint64_t addr, uint32_t access, int *err)
{
    struct vspace_translation t;

    *err = 0;
    vspace_query(vs, addr, &t);
    if (!t.is_mapped || !(t.rights & access)) {
        *err = vspace_fault(vs, addr, access);
        vspace_query(vs, addr, &t);
        if (*err)
            return NULL;
    }
    assert_true(t.is_mapped && (t.rights & access));
    return phys_to_virt(t.pa);
}

static inline int store(struct vspace *vs, uint64_t addr, uint64_t value)
{
    int err;
    uint64_t *p = word(vs, addr, VMA_WRITE, &err);

    if (p)
        *p = value;
    return err;
}

static inline int load_error(struct vspace *vs, uint64_t addr)
{
    int err;

    (void)word(vs, addr, VMA_READ, &err);
    return err;
}

static inline void assert_shows(struct vspace *vs, uint64_t addr, uint64_t value)
{
    int err;
    uint64_t *p = word(vs, addr, VMA_READ, &err);

    assert_int_equal(err, 0);
    assert_int_equal(*p, value);
}

static inline bool is_writable(struct vspace *vs, uint64_t addr)
{
    struct vspace_translation t;

    vspace_query(vs, addr, &t);
    return t.is_mapped && (t.rights & VMA_WRITE);
}

static inline bool is_mapped(struct vspace *vs, uint64_t addr)
{
    struct vspace_translation t;

    vspace_query(vs, addr, &t);
    return t.is_mapped;
}

static inline uint64_t used_bytes(void)
{
    struct heap_stats stats;

    heap_stats(&stats);
    return stats.used_bytes;
}

static inline int set_up(void **state)
{
    if (world_init() != 0)
        return -1;
    vspace_boot();
    sb = superblock_alloc(&disk_fs, &disk_fs_ops);
    return sb ? 0 : -1;
}

static inline int begin(void **state)
{
    for (unsigned i = 0; i < NR_PAGES; i++)
        disk[i] = ON_DISK + i;
    nr_reads = nr_writes = 0;
    read_err = write_err = room_err = 0;
    meanwhile = NULL;
    nr_bytes_at_begin = used_bytes();
    file = disk_file();
    a = new_space();
    b = new_space();
    return 0;
}

/* Without mappings nobody but the test has the file. */
static inline int end(void **state)
{
    vspace_put(a);
    vspace_put(b);
    assert_int_equal(file->nr_refs, 1);
    file_put(file);
    assert_int_equal(used_bytes(), nr_bytes_at_begin);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

#endif
