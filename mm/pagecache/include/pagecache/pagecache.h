/*
 * The page cache: the frames that hold a file's pages, by page index, one struct pagecache per
 * inode. read, write and mmap of a file all end at the same frame, so they are coherent by
 * construction.
 *
 * Life of a page: made by pagecache_get (locked while ops->read_pages fills it and what is read
 * ahead behind it, other users of these pages sleep), then up to date; dirty after
 * pagecache_mark_dirty until write-back wrote it; gone by truncation, by eviction under memory
 * pressure (clean, unreferenced pages of caches with is_evictable; of other caches those that
 * read_pages filled and nobody has written to since) or with the cache. The cache holds one
 * reference of each frame; everybody who got the frame by pagecache_get or _find, and every
 * page-table entry that maps it, holds one more (frame_get/put).
 *
 * The index is a radix tree of 64-way nodes whose height grows with the file; a file of one page
 * has no node at all.
 *
 * It is not a buffer cache: block devices have an inode, and so a page cache, of their own.
 *
 * Locks: pagecache->lock (spin) protects the tree, the counts and the flags of the pages; it is
 * held for a few instructions only. Order: the owner's inode lock, a vspace's lock, then
 * pagecache->lock; the global map_lock and all_lock are leaves. A fault handler may call
 * pagecache_get with its vspace's lock held; ops->read_pages may sleep.
 */
#ifndef PAGECACHE_PAGECACHE_H
#define PAGECACHE_PAGECACHE_H

#include <base/types.h>
#include <frame/frame.h>
#include <list/list.h>
#include <lock/spinlock.h>
#include <uio/uio.h>

#define PAGECACHE_RUN_MAX 32 /* pages that are read or written together */

struct pagecache;
PRIVATE_LOCK(spinlock, all_lock); /* writeback.c */
PRIVATE_LOCK(spinlock, map_lock);

struct pagecache_ops {
    /*
     * Fills nr whole frames with the file's pages from `index` on, zeros past its end; more than
     * one only where nr_pages is given. May sleep. 0, or -errno if any could not be read. NULL:
     * pages begin as zeros.
     */
    int (*read_pages)(struct pagecache *cache, uint64_t index, struct frame *const *frames,
                      size_t nr);
    bool is_in_memory; /* read_pages waits for nobody */
    /* How many pages the file has, for reading ahead. Must not sleep. NULL: that is never done. */
    uint64_t (*nr_pages)(struct pagecache *cache);
    /*
     * Writes nr pages back, all of them (the owner knows where the file ends), or an error. After
     * one each is tried alone. Called with the pages
     * neither dirty nor locked against reading. May sleep. NULL: pages are never written back
     * (memory file systems); dirty means that the page is not what read_pages made any more.
     */
    int (*write_pages)(struct pagecache *cache, uint64_t index, struct frame *const *frames,
                       size_t nr);
    /*
     * A program is about to be able to store to the page through a mapping, which it was not: room
     * for it on the device (a hole), or a word there that it is in use. An error is the program's,
     * -ENOSPC before it has stored anything. Called with the page present and not dirty; may sleep.
     * May be NULL. What write(2) brings is the business of the owner's own write.
     */
    int (*make_writable)(struct pagecache *cache, uint64_t index);
    /*
     * May the dirty page go to the device now? False holds it back: a journal has to be there
     * first. It stays dirty, and write-back goes on behind it. Called with cache->lock held. NULL:
     * it always may.
     */
    bool (*may_write)(struct pagecache *cache, uint64_t index);
    /*
     * Memory that holds bytes of the file that are not in the cache, so that a read need not make a
     * page: returns a pointer to the bytes from `offset` on, valid until the next truncation, and
     * lowers *nr_bytes to how many there are; NULL if a page must be made. May be NULL. Must not
     * sleep.
     */
    const void *(*peek)(struct pagecache *cache, uint64_t offset, size_t *nr_bytes);
    /*
     * Instead of read_pages into a new frame: a frame of the owner's that is page `index` already
     * (aliasing), with a reference for the cache; NULL for none. May be NULL. Must not sleep.
     */
    struct frame *(*alias_page)(struct pagecache *cache, uint64_t index);
    /* Asks leave to add the page `index`: 1 if it counts, 0 if it does not, or a negative errno.
     * May be NULL. uncharge: one that counted is gone. Both are called with cache->lock held. */
    int (*charge)(struct pagecache *cache, uint64_t index);
    void (*uncharge)(struct pagecache *cache);
};

/*
 * Somebody's page tables over pages of the cache: added by pagecache_map_add when a VMA of the file
 * is made, one entry per VMA. When pages are cut off or are about to be written back, the cache
 * calls the ops of every mapping's owner (a vspace). No lock is held then, so that the owner may
 * take its own; for the same reason the owner's memory is kept by a reference that the cache takes,
 * and not the mapping's.
 */
struct pagecache_mapping {
    struct list node GUARDED_BY(&map_lock); /* [map_lock] */
    const struct pagecache_mapping_ops *ops;
    void *owner;                          /* e.g. the vspace */
    uint64_t epoch GUARDED_BY(&map_lock); /* [map_lock] which walk has seen it */
};

struct pagecache_mapping_ops {
    /* Keeps the owner alive; false: it is going already, leave it out. A spinlock is held. */
    bool (*owner_get)(void *owner);
    void (*owner_put)(void *owner);
    /* Removes every page-table entry of the owner for file pages [first, first + nr) of this cache:
     * they are being truncated. */
    void (*unmap)(void *owner, struct pagecache *cache, uint64_t first, uint64_t nr);
    /* Makes them read-only: they are about to be written back, the next store must fault and call
     * pagecache_mark_dirty. May be NULL where the dirty bits of the tables are carried over at
     * unmap. */
    void (*write_protect)(void *owner, struct pagecache *cache, uint64_t first, uint64_t nr);
};

struct pagecache {
    const struct pagecache_ops *ops; /* [I] */
    struct spinlock lock;
    void *root GUARDED_BY(&lock);               /* [lock] NULL, a frame (height 0) or a node */
    unsigned height GUARDED_BY(&lock);          /* [lock] levels of nodes above the frames */
    bool is_evictable;                          /* [I] clean pages can be read again */
    uint64_t nr_pages GUARDED_BY(&lock);        /* [lock] */
    uint64_t nr_dirty GUARDED_BY(&lock);        /* [lock] */
    struct list mappings GUARDED_BY(&map_lock); /* [map_lock] */
    struct list all_node GUARDED_BY(&all_lock); /* [all_lock] caches with evictable pages, for the
                                                   shrinker and sync */
    uint64_t clock_hand GUARDED_BY(&all_lock);  /* [all_lock] where the shrinker goes on */
    uint32_t nr_pins GUARDED_BY(&all_lock);     /* [all_lock] walks that stand at this cache */
    uint64_t identity; /* [a] who maps the file may number it here; 0: not yet */
};

/* Readies the module; once, before the first cache. */
int pagecache_module_init(void);

void pagecache_init(struct pagecache *cache, const struct pagecache_ops *ops, bool is_evictable);
/* Drops every page, dirty or not. No mapping may be left. */
void pagecache_destroy(struct pagecache *cache);

/* What is behind the cache does not matter: a page that is made begins as zeros. */
#define PAGECACHE_NO_FILL 1u
/* Only if it is in the cache already (-ENOENT otherwise). */
#define PAGECACHE_NO_ALLOC 2u
/* Only if nobody has to be waited for (-EAGAIN otherwise): it is there, or made in memory. */
#define PAGECACHE_NO_WAIT 4u

/*
 * The page at `index`, made and filled if need be, with a reference for the caller. The caller
 * checks the file's size. May sleep. -ENOMEM, -ENOSPC, -EIO, what read_pages says. Pages
 * behind it may be read along.
 */
int pagecache_get(struct pagecache *cache, uint64_t index, unsigned flags,
                  struct frame **frame_out) MUST_CHECK;
/* The page if it is present and up to date, with a reference, or NULL. Does not sleep. */
struct frame *pagecache_find(struct pagecache *cache, uint64_t index);

/* Is the frame page `index` of the cache at this moment? Takes no lock; the frame need not be
 * referenced. */
bool pagecache_holds(const struct pagecache *cache, uint64_t index, const struct frame *frame);

/* Has the page been marked dirty, and not been taken for write-back since? True where nothing is
 * ever written back. Takes no lock. */
bool pagecache_is_dirty(const struct pagecache *cache, const struct frame *frame);

/*
 * Called when a page becomes dirty and no other of all caches is. Set once, by whoever writes back
 * from time to time. No lock is held; must not sleep.
 */
extern void (*pagecache_on_first_dirty)(void);

/* The caller wrote to the page, or mapped it so that a program can. */
void pagecache_mark_dirty(struct pagecache *cache, struct frame *frame);
/* Does what has to be before a program may store to the page, and marks it dirty. May sleep. What
 * ops->make_writable says. */
int pagecache_make_writable(struct pagecache *cache, struct frame *frame) MUST_CHECK;
/* Marks the page dirty if that takes no make_writable; false: it does. Does not sleep. */
bool pagecache_is_writable(struct pagecache *cache, struct frame *frame);

/*
 * Copies from the file [pos, size) to uio; returns the bytes moved, 0 at or past the end, or -errno
 * for none. Takes no lock of the inode's.
 */
ssize_t pagecache_read(struct pagecache *cache, struct uio *uio, uint64_t pos, uint64_t size);
/*
 * Copies from uio to the file at pos, making pages; the caller holds the inode's lock and moves the
 * file's size afterwards. `size` is the file's present size (a page wholly at or past it is not
 * read, but starts as zeros).
 */
ssize_t pagecache_write(struct pagecache *cache, struct uio *uio, uint64_t pos, uint64_t size);
/* Zeros [from, to) in pages that are present (and, by read_pages, in a partial page that is not).
 */
int pagecache_zero(struct pagecache *cache, uint64_t from, uint64_t to);

/* Writes the dirty pages among [first, last] back. 0 or the first error; pages that failed, or are
 * held back, stay dirty. */
int pagecache_writeback(struct pagecache *cache, uint64_t first, uint64_t last);
/*
 * Removes pages wholly at or past `size` (unmapping them) and zeros the tail of the last one. The
 * caller holds the inode's lock and has set its size already, so that new faults are refused.
 */
void pagecache_truncate(struct pagecache *cache, uint64_t size);
/* Removes the pages wholly inside [from, to), for hole punching. */
void pagecache_remove_range(struct pagecache *cache, uint64_t from, uint64_t to);

void pagecache_map_add(struct pagecache *cache, struct pagecache_mapping *mapping);
void pagecache_map_remove(struct pagecache *cache, struct pagecache_mapping *mapping);

/* Evicts about nr_pages clean pages nobody else refers to; returns how many. Any context: takes
 * what it gets without waiting. */
size_t pagecache_evict(size_t nr_pages);
/* The same; if that is too few, dirty pages are written back for it. May sleep. */
size_t pagecache_shrink(size_t nr_pages);
/* Writes back all dirty caches. */
int pagecache_sync(void);

struct pagecache_stats {
    uint64_t nr_pages; /* in all caches */
    uint64_t nr_dirty;
    uint64_t nr_evictable; /* that can be read again, once they are clean */
};
void pagecache_stats(struct pagecache_stats *out);

#endif
