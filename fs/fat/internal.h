/*
 * Shared by the files of fs/fat only.
 *
 * Every sector of the disk is cached in one page cache: those of files and directories in their
 * inode's, those of the allocation table in the volume's own. So nothing is cached twice, and
 * write-back of one cache never overwrites another's data.
 *
 * Locks: volume->lock (mutex) protects the table, the contents of all directories, and the inodes'
 * positions on the disk. Order: inode->lock, volume->lock. Directory and table pages are only read
 * in with it held; write_pages takes it, so nothing is written back by its holder.
 */
#ifndef FAT_INTERNAL_H
#define FAT_INTERNAL_H

#include <blockdev/blockdev.h>
#include <frame/frame.h>
#include <list/list.h>
#include <sync/condvar.h>
#include <sync/mutex.h>
#include <vfs/vfs.h>

#define FAT_MAX_SIZE 0xffffffffull /* of a file */
#define FAT_MAX_DIR  (65536u * 32) /* of a directory, bytes */

/* Values of table entries, widened to 32 bits. 2 and up are clusters. */
#define FAT_FREE  0u
#define FAT_BAD   0x0ffffff7u
#define FAT_END   0x0fffffffu
#define FAT_FIRST 2u

/* A directory entry (fatgen103, "FAT Directory Structure"). */
struct fat_entry {
    uint8_t name[11];
    uint8_t attr;
    uint8_t name_case; /* Windows NT: base or extension in lower case */
    uint8_t ctime_cs;  /* creation: hundredths of a second, 0 to 199 */
    uint16_t ctime;
    uint16_t cdate;
    uint16_t adate;
    uint16_t first_high;
    uint16_t mtime;
    uint16_t mdate;
    uint16_t first_low;
    uint32_t size;
};
_Static_assert(sizeof(struct fat_entry) == 32, "directory entry");

/* An entry that holds a piece of a long name. */
struct fat_long_entry {
    uint8_t order; /* from 1; FAT_LAST_PIECE: the last piece, stored first */
    uint8_t units1[10];
    uint8_t attr; /* FAT_ATTR_LONG */
    uint8_t type;
    uint8_t checksum; /* of the short name */
    uint8_t units2[12];
    uint16_t first_low;
    uint8_t units3[4];
};
_Static_assert(sizeof(struct fat_long_entry) == 32, "directory entry");

#define FAT_ATTR_READ_ONLY 0x01
#define FAT_ATTR_VOLUME    0x08
#define FAT_ATTR_DIRECTORY 0x10
#define FAT_ATTR_ARCHIVE   0x20
#define FAT_ATTR_LONG      0x0f
#define FAT_ATTR_LONG_MASK 0x3f

#define FAT_CASE_BASE 0x08
#define FAT_CASE_EXT  0x10

#define FAT_NAME_DELETED 0xe5
#define FAT_NAME_KANJI   0x05 /* stands for a first byte 0xe5 */

#define FAT_LAST_PIECE 0x40
#define FAT_LONG_UNITS 13  /* UTF-16 units per piece */
#define FAT_NAME_UNITS 255 /* of a long name */
#define FAT_NO_SLOT    UINT32_MAX

/* One name of a directory. */
struct fat_found {
    uint32_t first_slot; /* of the long name's first piece, or the entry itself */
    uint32_t slot;       /* of the entry */
    struct fat_entry entry;
    bool has_long;
    uint16_t nr_units; /* of the name in volume->units */
    uint16_t name_len;
    char name[NAME_MAX + 1]; /* UTF-8 */
};

struct fat_options {
    uint32_t uid, gid;
    uint32_t fmask, dmask;
};

/* The geometry, from the boot sector. [I] after mount */
struct fat_geometry {
    unsigned width; /* 12, 16, 32 */
    uint32_t sector_size;
    uint32_t cluster_size;
    unsigned cluster_shift;
    uint64_t table_offset; /* bytes, of the table that is read */
    uint64_t table_size;   /* bytes, of one */
    unsigned nr_tables;    /* written: 1 when mirroring is off */
    uint64_t root_offset;  /* of the fixed root directory; FAT32: 0 */
    uint32_t root_size;
    uint32_t root_cluster; /* FAT32 */
    uint64_t data_offset;  /* of cluster 2 */
    uint32_t nr_clusters;
    uint64_t fsinfo_offset; /* FAT32; 0: none */
    unsigned state_offset;  /* of the state byte in the boot sector */
    uint32_t serial;
    bool was_dirty; /* not unmounted cleanly before */
};

/*
 * For clang's analysis one capability stands for every volume's lock: no function touches two
 * volumes, and most reach theirs through an inode. Taken by fat_lock().
 */
PRIVATE_LOCK(lock_any, fat_locked);

struct fat_volume {
    struct superblock *sb;      /* [I] */
    struct block_device *dev;   /* [I] */
    struct fat_geometry g;      /* [I] */
    struct fat_options options; /* [I] */

    struct mutex lock;
    struct pagecache table; /* contents: [lock] */
    struct frame *table_frame
        GUARDED_BY(&fat_locked); /* [lock] most recently used page of the table, or NULL */
    uint64_t table_index GUARDED_BY(&fat_locked); /* [lock] its index */
    bool has_nr_free GUARDED_BY(&fat_locked); /* [lock] nr_free is known: counted, or from FSInfo */
    bool is_counted GUARDED_BY(&fat_locked);  /* [lock] */
    uint32_t nr_free GUARDED_BY(&fat_locked); /* [lock] clusters */
    uint32_t next_free GUARDED_BY(&fat_locked);   /* [lock] where to look first */
    bool is_marked_dirty GUARDED_BY(&fat_locked); /* [lock] the disk's state byte is set */
    bool has_reported;                            /* [a] damage was reported: one line is enough */
    struct list placed GUARDED_BY(&fat_locked);   /* [lock] inodes with a name */
    struct condvar evicted;                       /* signalled when an inode has gone */
    /* Scratch of the directory code. */
    uint16_t wanted[FAT_NAME_UNITS + 1] GUARDED_BY(&fat_locked);
    uint16_t units[20 * FAT_LONG_UNITS] GUARDED_BY(&fat_locked);
    struct fat_found found GUARDED_BY(&fat_locked);
};

struct fat_inode {
    struct inode inode;
    uint32_t first_cluster GUARDED_BY(&fat_locked); /* [volume] 0: none */
    uint32_t hint_index GUARDED_BY(&fat_locked);    /* [volume] this cluster of the file ... */
    uint32_t
        hint_cluster GUARDED_BY(&fat_locked); /* [volume] ... is this one of the disk; 0: unknown */
    struct fat_inode *dir GUARDED_BY(
        &fat_locked); /* [volume] with a reference; NULL for the root and for removed files */
    uint32_t
        slot GUARDED_BY(&fat_locked); /* [volume] of its entry in dir, FAT_NO_SLOT once removed */
    uint8_t attr GUARDED_BY(&fat_locked); /* [volume] */
    struct list
        node GUARDED_BY(&fat_locked); /* [volume] in placed; self-linked when it has no name */
};

static inline void fat_lock(struct fat_volume *vol) ACQUIRES(&fat_locked)
    NO_LOCK_CHECK("fat_locked is no lock, but stands for it")
{
    mutex_lock(&vol->lock);
}

static inline void fat_unlock(struct fat_volume *vol) RELEASES(&fat_locked)
    NO_LOCK_CHECK("fat_locked is no lock, but stands for it")
{
    mutex_unlock(&vol->lock);
}

static inline struct fat_volume *fat_volume_of(const struct superblock *sb)
{
    return sb->private;
}

static inline struct fat_inode *fat_inode_of(const struct inode *inode)
{
    return container_of(inode, struct fat_inode, inode);
}

static inline struct fat_volume *fat_inode_volume(const struct fat_inode *fi)
{
    return fat_volume_of(fi->inode.sb);
}

/* ---- bpb.c ---- */

/* Read and validate the boot sector of dev. */
int fat_geometry_read(struct block_device *dev, struct fat_geometry *g);

/* ---- volume.c ---- */

/* Transfer between the disk and byte `at` of consecutive pages; all are multiples of the sector
 * size. */
int fat_disk_read(struct fat_volume *vol, uint64_t place, struct frame *const *frames, size_t at,
                  size_t nr_bytes);
int fat_disk_write(struct fat_volume *vol, uint64_t place, struct frame *const *frames, size_t at,
                   size_t nr_bytes);
/* Zero nr consecutive pages from byte `from` on. */
void fat_zero_tail(struct frame *const *frames, size_t nr, size_t from);
/* Report damage and its place, once per mount; returns -EUCLEAN. */
int fat_damaged(struct fat_volume *vol, const char *what, uint64_t where);
/* Mark the volume in use on the disk, before the first change. */
int fat_mark_dirty(struct fat_volume *vol) REQUIRES(&fat_locked);

/* ---- table.c ---- */

extern const struct pagecache_ops fat_table_ops;
/* Get the successor of a cluster in its chain: a cluster or FAT_END; -EUCLEAN for anything else. */
int fat_next(struct fat_volume *vol, uint32_t cluster, uint32_t *next) REQUIRES(&fat_locked);
/* Allocate a cluster, mark it FAT_END and link it behind `last`, unless that is 0. -ENOSPC. */
int fat_cluster_alloc(struct fat_volume *vol, uint32_t last, uint32_t *out) REQUIRES(&fat_locked);
/* Free a chain from `first` on; -EUCLEAN where the chain is damaged. */
int fat_chain_free(struct fat_volume *vol, uint32_t first) REQUIRES(&fat_locked);
/* End the chain at `last` and free the rest. */
int fat_chain_cut(struct fat_volume *vol, uint32_t last) REQUIRES(&fat_locked);
int fat_count_free(struct fat_volume *vol, uint32_t *nr_free) REQUIRES(&fat_locked);
void fat_table_release(struct fat_volume *vol) REQUIRES(&fat_locked);

static inline bool fat_is_cluster(const struct fat_volume *vol, uint32_t cluster)
{
    return cluster >= FAT_FIRST && cluster - FAT_FIRST < vol->g.nr_clusters;
}

/* ---- body.c ---- */

extern const struct pagecache_ops fat_body_ops;
extern const struct file_ops fat_file_ops;
/*
 * Find the index-th cluster of the body. -ENOENT: the chain ends before.
 */
int fat_body_cluster(struct fat_inode *fi, uint32_t index, uint32_t *cluster) REQUIRES(&fat_locked);
/* Allocate clusters for nr_bytes; nothing changes on -ENOSPC. */
int fat_body_reserve(struct fat_inode *fi, uint64_t nr_bytes) REQUIRES(&fat_locked);
/* inode_ops.truncate of files. */
int fat_body_truncate(struct inode *inode, uint64_t size);
/* Count the bytes in a directory's chain; -EUCLEAN if it is too long or loops. */
int fat_dir_size(struct fat_volume *vol, uint32_t first, uint64_t *size) REQUIRES(&fat_locked);

/* ---- dir.c ---- */

/* A position in a directory, with its page. */
struct fat_cursor {
    struct fat_inode *dir;
    struct frame *frame; /* NULL at first */
    uint64_t index;      /* index of frame */
};

/* Get the entry in a slot; the pointer is valid until the cursor's next call. -ENOENT behind the
 * end. */
int fat_cursor_at(struct fat_cursor *cursor, uint32_t slot, struct fat_entry **entry)
    REQUIRES(&fat_locked);
void fat_cursor_dirty(struct fat_cursor *cursor) REQUIRES(&fat_locked);
void fat_cursor_release(struct fat_cursor *cursor) REQUIRES(&fat_locked);

/*
 * Read the first name at or behind *slot into volume->found and move *slot behind it. -ENOENT:
 * none. Skips the volume label.
 */
int fat_dir_next(struct fat_inode *dir, uint32_t *slot) REQUIRES(&fat_locked);
/* Look the name up into volume->found. -ENOENT. */
int fat_dir_find(struct fat_inode *dir, const char *name, size_t name_len) REQUIRES(&fat_locked);
/* True if the directory has a name besides "." and "..". */
int fat_dir_is_empty(struct fat_inode *dir, bool *is_empty) REQUIRES(&fat_locked);
/* Add the entry under the name, with a long name if needed; its slot goes to *slot. -ENOSPC,
 * -EINVAL. */
int fat_dir_add(struct fat_inode *dir, const char *name, size_t name_len, struct fat_entry *entry,
                uint32_t *slot) REQUIRES(&fat_locked);
/* Remove the entry in slot and the long name before it. */
int fat_dir_remove(struct fat_inode *dir, uint32_t slot) REQUIRES(&fat_locked);
int fat_entry_read(struct fat_inode *dir, uint32_t slot, struct fat_entry *entry)
    REQUIRES(&fat_locked);
int fat_entry_write(struct fat_inode *dir, uint32_t slot, const struct fat_entry *entry)
    REQUIRES(&fat_locked);

/* ---- name.c ---- */

uint8_t fat_short_checksum(const uint8_t name[11]);
/* Convert a short name to UTF-8; returns the length. */
size_t fat_short_to_text(const struct fat_entry *entry, char out[NAME_MAX + 1]);
/* Validate a name. 0; -EINVAL for an invalid one (also one that ends in a dot or space),
 * -ENAMETOOLONG. */
int fat_name_check(const char *name, size_t name_len);
/*
 * Make the short name of a name. True: it equals the name, up to the case bits in *name_case;
 * false: a long name is also needed, and a numeric tail if *needs_tail.
 */
bool fat_short_from_text(const char *name, size_t name_len, uint8_t out[11], uint8_t *name_case,
                         bool *needs_tail);
/* Append "~number" to the base. */
void fat_short_set_tail(uint8_t name[11], unsigned number);
/* Compare two names ignoring case, unit by unit. */
bool fat_units_equal(const uint16_t *a, const uint16_t *b, size_t nr_units);
/* Comparison and hash for the dentry cache. */
uint32_t fat_hash_name(const char *name, size_t name_len);
bool fat_names_equal(const char *a, size_t a_len, const char *b, size_t b_len);

/* ---- namei.c, inode.c ---- */

extern const struct inode_ops fat_dir_inode_ops;
extern const struct inode_ops fat_file_inode_ops;
extern const struct file_ops fat_dir_ops;

static inline uint32_t fat_entry_first(const struct fat_volume *vol, const struct fat_entry *entry)
{
    return entry->first_low | (vol->g.width == 32 ? (uint32_t)entry->first_high << 16 : 0);
}

static inline void fat_entry_set_first(struct fat_entry *entry, uint32_t cluster)
{
    entry->first_low = (uint16_t)cluster;
    entry->first_high = (uint16_t)(cluster >> 16);
}

/*
 * Get the inode of volume->found in dir, with a reference. -EAGAIN: the lock was dropped to wait
 * for its eviction; find the name again.
 */
int fat_inode_find(struct fat_inode *dir, struct inode **out) REQUIRES(&fat_locked);
/* Allocate an inode for an entry, without a place yet. */
int fat_inode_make(struct fat_volume *vol, const struct fat_entry *entry, struct fat_inode **out)
    REQUIRES(&fat_locked);
/* Give an inode without a place one; takes a reference to dir. */
void fat_inode_place(struct fat_inode *fi, struct fat_inode *dir, uint32_t slot)
    REQUIRES(&fat_locked);
/* Take the inode's place away; returns the directory, whose reference the caller puts without the
 * lock. */
struct inode *fat_inode_displace(struct fat_inode *fi) REQUIRES(&fat_locked);
/* Bring the entry on the disk up to date. */
int fat_inode_store(struct fat_inode *fi) REQUIRES(&fat_locked);
int fat_write_inode(struct inode *inode);
void fat_evict(struct inode *inode);
uint32_t fat_mode(const struct fat_volume *vol, uint8_t attr);
/* Copy the inode's attributes into an entry, whose name stays. */
void fat_inode_to_entry(const struct fat_inode *fi, struct fat_entry *entry) REQUIRES(&fat_locked);
/* Get the inode number of a name for readdir: that of the inode in memory, or one made from the
 * place. */
uint64_t fat_found_ino(struct fat_inode *dir, uint32_t slot) REQUIRES(&fat_locked);

/* ---- times.c: local time is treated as UTC ---- */

int64_t fat_time_decode(uint16_t date, uint16_t time, uint8_t centiseconds);
void fat_time_encode(int64_t ns, uint16_t *date, uint16_t *time, uint8_t *centiseconds);

#endif
