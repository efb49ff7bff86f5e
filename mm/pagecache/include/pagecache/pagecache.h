/*
 * The page cache: the frames that hold a file's pages, by page index, one struct pagecache per
 * inode. read, write and mmap of a file all end at the same frame, so they are coherent by
 * construction.
 *
 * Life of a page: made by pagecache_get (locked while ops->read_pages fills it and the pages read
 * ahead behind it; other users of these pages sleep), then up to date; dirty from
 * pagecache_mark_dirty until write-back; removed by truncation, by eviction under memory pressure
 * (clean, unreferenced pages of caches with is_evictable; of other caches those filled by
 * read_pages and not written since) or with the cache. The cache holds one reference to each frame;
 * each caller of pagecache_get or _find, and each page-table entry that maps the frame, holds one
 * more (frame_get/put).
 *
 * The index is a radix tree of 64-way nodes whose height grows with the file; a file of one page
 * has no node at all.
 *
 * There is no buffer cache: block devices have an inode, and so a page cache, of their own.
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

#define PAGECACHE_RUN_MAX 32 /* most pages in one read or write */

struct pagecache;
PRIVATE_LOCK(spinlock, all_lock); /* writeback.c */
PRIVATE_LOCK(spinlock, map_lock);

struct pagecache_ops {
    /*
     * Fill nr whole frames with the file's pages from `index` on, zeros past its end; nr > 1 only
     * if nr_pages is given. May sleep. 0, or -errno if any could not be read. NULL: pages start as
     * zeros.
     */
    int (*read_pages)(struct pagecache *cache, uint64_t index, struct frame *const *frames,
                      size_t nr);
    bool is_in_memory; /* read_pages does not wait for a device */
    /* Return the number of pages of the file, for read-ahead. Must not sleep. NULL: no
     * read-ahead. */
    uint64_t (*nr_pages)(struct pagecache *cache);
    /*
     * Write all nr pages back (the owner knows where the file ends), or return an error; each page
     * is then retried alone. Called with the pages marked clean and readable. May sleep. NULL:
     * pages are never written back (memory file systems); dirty then means that the page differs
     * from what read_pages made.
     */
    int (*write_pages)(struct pagecache *cache, uint64_t index, struct frame *const *frames,
                       size_t nr);
    /*
     * Prepare a page for stores through a mapping: allocate its blocks on the device (a hole), or
     * mark the volume in use. An error is reported to the program, -ENOSPC before it has stored
     * anything. Called with the page present and clean; may sleep. May be NULL. Not called for
     * write(2), which the owner implements itself.
     */
    int (*make_writable)(struct pagecache *cache, uint64_t index);
    /*
     * True if the dirty page may be written to the device now. False holds it back, until a journal
     * is on the disk: the page stays dirty and write-back continues behind it. Called with
     * cache->lock held. NULL: always true.
     */
    bool (*may_write)(struct pagecache *cache, uint64_t index);
    /*
     * Find bytes of the file that are in memory outside the cache, so that a read need not make a
     * page: returns a pointer to the bytes from `offset` on, valid until the next truncation, and
     * lowers *nr_bytes to their number; NULL if a page must be made. May be NULL. Must not sleep.
     */
    const void *(*peek)(struct pagecache *cache, uint64_t offset, size_t *nr_bytes);
    /*
     * Return a frame of the owner that holds page `index` already, instead of reading into a new
     * one, with a reference for the cache; NULL: none. May be NULL. Must not sleep.
     */
    struct frame *(*alias_page)(struct pagecache *cache, uint64_t index);
    /* charge accounts for a new page `index`: 1 if it is charged, 0 if it is free of charge, or a
     * negative errno to refuse it. uncharge: a charged page is gone. May be NULL. Both are called
     * with cache->lock held. */
    int (*charge)(struct pagecache *cache, uint64_t index);
    void (*uncharge)(struct pagecache *cache);
};

/*
 * Page tables that map pages of the cache: one entry per file mapping, added by pagecache_map_add.
 * Before pages are truncated or written back, the cache calls the ops of every mapping's owner. No
 * lock is held then, so that the owner can take its own; the cache keeps the owner alive by a
 * reference that it takes for the call.
 */
struct pagecache_mapping {
    struct list node GUARDED_BY(&map_lock); /* [map_lock] */
    const struct pagecache_mapping_ops *ops;
    void *owner;                          /* e.g. the vspace */
    uint64_t epoch GUARDED_BY(&map_lock); /* [map_lock] last walk that has seen it */
};

struct pagecache_mapping_ops {
    /* Take a reference to the owner; false: it is being freed, skip it. A spinlock is held. */
    bool (*owner_get)(void *owner);
    void (*owner_put)(void *owner);
    /* Remove the owner's page-table entries for file pages [first, first + nr) of this cache, which
     * are being truncated. A hole (is_hole) leaves private copies of them. */
    void (*unmap)(void *owner, struct pagecache *cache, uint64_t first, uint64_t nr, bool is_hole);
    /* Make them read-only before write-back, so that the next store faults and calls
     * pagecache_mark_dirty(). May be NULL if dirty bits of the tables are carried over at unmap. */
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
    uint64_t clock_hand GUARDED_BY(&all_lock);  /* [all_lock] where the shrinker continues */
    uint32_t nr_pins GUARDED_BY(&all_lock);     /* [all_lock] walks that are at this cache */
    uint64_t identity; /* [a] identity for futexes, assigned by mm/filemap; 0: none yet */
};

/* Initialise the page cache; once, before the first cache is made. */
int pagecache_module_init(void);

void pagecache_init(struct pagecache *cache, const struct pagecache_ops *ops, bool is_evictable);
/* Drop every page, dirty or not. No mapping may be left. */
void pagecache_destroy(struct pagecache *cache);

/* Do not read a new page: it starts as zeros. */
#define PAGECACHE_NO_FILL 1u
/* Only a page that is in the cache already (else -ENOENT). */
#define PAGECACHE_NO_ALLOC 2u
/* Do not wait for a device: only a page that is present or made in memory (else -EAGAIN). */
#define PAGECACHE_NO_WAIT 4u

/*
 * Get the page at `index`, made and filled if necessary, with a reference for the caller, who
 * checks the file's size. May sleep. -ENOMEM, -ENOSPC, errors of read_pages. Pages behind it may be
 * read ahead.
 */
int pagecache_get(struct pagecache *cache, uint64_t index, unsigned flags,
                  struct frame **frame_out) MUST_CHECK;
/* Return the page if it is present and up to date, with a reference, or NULL. Does not sleep. */
struct frame *pagecache_find(struct pagecache *cache, uint64_t index);

/* True if the frame is page `index` of the cache at this moment. Takes no lock; the frame need not
 * be referenced. */
bool pagecache_holds(const struct pagecache *cache, uint64_t index, const struct frame *frame);

/* True if the page was marked dirty and not taken for write-back since; always true without
 * write-back. Takes no lock. */
bool pagecache_is_dirty(const struct pagecache *cache, const struct frame *frame);

/*
 * Called when a page becomes dirty while all caches are clean. Set once, by fs/flusher. No lock is
 * held; must not sleep.
 */
extern void (*pagecache_on_first_dirty)(void);

/* Mark a page dirty that the caller wrote to, or mapped writable. */
void pagecache_mark_dirty(struct pagecache *cache, struct frame *frame);
/* Call ops->make_writable and mark the page dirty, before a program may store to it. May sleep.
 * Errors of make_writable. */
int pagecache_make_writable(struct pagecache *cache, struct frame *frame) MUST_CHECK;
/* Mark the page dirty if make_writable is not needed; false: it is. Does not sleep. */
bool pagecache_is_writable(struct pagecache *cache, struct frame *frame);

/*
 * Copy from the file's [pos, size) to uio; returns the bytes moved, 0 at or past the end, or -errno
 * for none. Takes no inode lock.
 */
ssize_t pagecache_read(struct pagecache *cache, struct uio *uio, uint64_t pos, uint64_t size);
/*
 * Copy from uio to the file at pos, making pages; the caller holds the inode's lock and updates the
 * file's size afterwards. `size` is the present size (a page wholly at or past it is not read, but
 * starts as zeros).
 */
ssize_t pagecache_write(struct pagecache *cache, struct uio *uio, uint64_t pos, uint64_t size);
/* Zero [from, to) in present pages (and in a missing partial page, after reading it). */
int pagecache_zero(struct pagecache *cache, uint64_t from, uint64_t to);

/* Write back the dirty pages in [first, last]. 0 or the first error; pages that failed, or are held
 * back, stay dirty. */
int pagecache_writeback(struct pagecache *cache, uint64_t first, uint64_t last);
/*
 * Remove (and unmap) pages wholly at or past `size` and zero the tail of the last one. The caller
 * holds the inode's lock and has set its size already, so that new faults fail.
 */
void pagecache_truncate(struct pagecache *cache, uint64_t size);
/* Remove the pages wholly inside [from, to), for hole punching. */
void pagecache_remove_range(struct pagecache *cache, uint64_t from, uint64_t to);

void pagecache_map_add(struct pagecache *cache, struct pagecache_mapping *mapping);
void pagecache_map_remove(struct pagecache *cache, struct pagecache_mapping *mapping);

/* Evict about nr_pages clean, unreferenced pages; returns how many. Any context: only tries
 * locks. */
size_t pagecache_evict(size_t nr_pages);
/* As pagecache_shrink(), but write dirty pages back if that frees too few. May sleep. */
size_t pagecache_shrink(size_t nr_pages);
/* Write back all dirty caches. */
int pagecache_sync(void);

struct pagecache_stats {
    uint64_t nr_pages; /* in all caches */
    uint64_t nr_dirty;
    uint64_t nr_evictable; /* reclaimable once they are clean */
};
void pagecache_stats(struct pagecache_stats *out);

#endif
