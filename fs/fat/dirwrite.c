/*
 * Adds names to a directory, with unique short names, and removes them.
 */
#include <base/errno.h>
#include <string/string.h>
#include <utf/utf.h>

#include "internal.h"

static int short_exists(struct fat_inode *dir, const uint8_t name[11], bool *exists)
    REQUIRES(&fat_locked)
{
    struct fat_cursor cursor = {.dir = dir};
    struct fat_entry *entry;
    int ret;

    *exists = false;
    for (uint32_t slot = 0; (ret = fat_cursor_at(&cursor, slot, &entry)) == 0; slot++) {
        if (entry->name[0] == 0) {
            ret = -ENOENT;
            break;
        }
        if (entry->name[0] != FAT_NAME_DELETED && (entry->attr & FAT_ATTR_VOLUME) == 0 &&
            memcmp(entry->name, name, 11) == 0) {
            *exists = true;
            break;
        }
    }
    fat_cursor_release(&cursor);
    return ret == -ENOENT ? 0 : ret;
}

/* Make the short name unique: try a few numbers, then a hash of the name in its middle. */
static int make_unique(struct fat_inode *dir, const char *name, size_t name_len, bool needs_tail,
                       uint8_t out[11]) REQUIRES(&fat_locked)
{
    static const char hex[] = "0123456789ABCDEF";
    uint8_t basis[11];
    uint32_t hash = 2166136261u;
    bool exists = true;
    int ret = 0;

    memcpy(basis, out, 11);
    if (!needs_tail)
        ret = short_exists(dir, out, &exists);
    for (unsigned number = 1; number <= 4 && exists && ret == 0; number++) {
        memcpy(out, basis, 11);
        fat_short_set_tail(out, number);
        ret = short_exists(dir, out, &exists);
    }
    for (size_t i = 0; i < name_len; i++)
        hash = (hash ^ (uint8_t)name[i]) * 16777619u;
    hash ^= hash >> 16;
    for (unsigned attempt = 0; attempt <= UINT16_MAX && exists && ret == 0; attempt++, hash++) {
        memcpy(out, basis, 11);
        for (unsigned i = 0; i < 2; i++)
            out[i] = out[i] == ' ' ? '_' : out[i];
        for (unsigned i = 0; i < 4; i++)
            out[2 + i] = (uint8_t)hex[hash >> 4 * i & 15];
        fat_short_set_tail(out, 1);
        ret = short_exists(dir, out, &exists);
    }
    return ret != 0 ? ret : exists ? -EEXIST : 0;
}

/* Append a cluster of free entries. */
static int extend_dir(struct fat_inode *dir) REQUIRES(&fat_locked)
{
    struct fat_volume *vol = fat_inode_volume(dir);
    uint64_t at = dir->inode.size, end = at + vol->g.cluster_size;
    int ret;

    if (dir->first_cluster == 0 || end > FAT_MAX_DIR)
        return -ENOSPC;
    ret = fat_body_reserve(dir, end);
    while (ret == 0 && at < end) {
        size_t in_page = at % PAGE_SIZE, n = (size_t)MIN(PAGE_SIZE - in_page, end - at);
        struct frame *frame;

        ret = pagecache_get(&dir->inode.cache, at / PAGE_SIZE, in_page == 0 ? PAGECACHE_NO_FILL : 0,
                            &frame);
        if (ret != 0)
            break;
        memset((char *)frame_to_virt(frame) + in_page, 0, n);
        pagecache_mark_dirty(&dir->inode.cache, frame);
        frame_put(frame);
        at += n;
    }
    if (ret == 0)
        dir->inode.size = end;
    return ret;
}

/*
 * Find nr_slots free slots in a row. Everything behind the end mark is free, whatever it holds;
 * *is_at_end: the run extends beyond the mark, which must be set again behind it.
 */
static int find_free(struct fat_inode *dir, unsigned nr_slots, uint32_t *first, bool *is_at_end)
    REQUIRES(&fat_locked)
{
    struct fat_cursor cursor = {.dir = dir};
    uint32_t run = 0, slot = 0;
    struct fat_entry *entry;
    int ret = 0;

    *is_at_end = false;
    while (run < nr_slots) {
        ret = fat_cursor_at(&cursor, slot, &entry);
        if (ret == -ENOENT)
            ret = extend_dir(dir);
        else if (ret == 0) {
            *is_at_end |= entry->name[0] == 0;
            run = *is_at_end || entry->name[0] == FAT_NAME_DELETED ? run + 1 : 0;
            slot++;
        }
        if (ret != 0)
            break;
    }
    *first = slot - run;
    fat_cursor_release(&cursor);
    return ret;
}

static void fill_piece(const struct fat_volume *vol, struct fat_long_entry *piece, unsigned order,
                       unsigned nr_pieces, size_t nr_units, uint8_t checksum) REQUIRES(&fat_locked)
{
    uint16_t units[FAT_LONG_UNITS];

    for (unsigned i = 0; i < FAT_LONG_UNITS; i++) {
        size_t at = (order - 1) * FAT_LONG_UNITS + i;

        units[i] = at < nr_units ? vol->wanted[at] : at == nr_units ? 0 : 0xffff;
    }
    *piece = (struct fat_long_entry){
        .order = (uint8_t)(order | (order == nr_pieces ? FAT_LAST_PIECE : 0)),
        .attr = FAT_ATTR_LONG,
        .checksum = checksum,
    };
    memcpy(piece->units1, units, sizeof(piece->units1));
    memcpy(piece->units2, units + 5, sizeof(piece->units2));
    memcpy(piece->units3, units + 11, sizeof(piece->units3));
}

static int write_slots(struct fat_inode *dir, uint32_t first, unsigned nr_pieces, size_t nr_units,
                       const struct fat_entry *entry, bool is_at_end) REQUIRES(&fat_locked)
{
    struct fat_cursor cursor = {.dir = dir};
    uint8_t checksum = fat_short_checksum(entry->name);
    struct fat_entry *at;
    int ret = 0;

    /* Write the new mark first: until the name is complete the directory ends at the old one. */
    if (is_at_end && fat_cursor_at(&cursor, first + nr_pieces + 1, &at) == 0) {
        at->name[0] = 0;
        fat_cursor_dirty(&cursor);
    }
    for (unsigned i = 0; i <= nr_pieces && ret == 0; i++) {
        ret = fat_cursor_at(&cursor, first + i, &at);
        if (ret != 0)
            break;
        if (i < nr_pieces)
            fill_piece(fat_inode_volume(dir), (struct fat_long_entry *)at, nr_pieces - i, nr_pieces,
                       nr_units, checksum);
        else
            *at = *entry;
        fat_cursor_dirty(&cursor);
    }
    fat_cursor_release(&cursor);
    return ret;
}

int fat_dir_add(struct fat_inode *dir, const char *name, size_t name_len, struct fat_entry *entry,
                uint32_t *slot)
{
    struct fat_volume *vol = fat_inode_volume(dir);
    bool needs_tail, is_short, is_at_end;
    unsigned nr_pieces = 0;
    uint32_t first = 0;
    int nr_units, ret = fat_name_check(name, name_len);

    if (ret != 0)
        return ret;
    nr_units = utf8_to_utf16(name, name_len, vol->wanted, FAT_NAME_UNITS);
    if (nr_units < 0)
        return nr_units == -EILSEQ ? -EINVAL : nr_units;
    is_short = fat_short_from_text(name, name_len, entry->name, &entry->name_case, &needs_tail);
    if (!is_short) {
        nr_pieces = ((unsigned)nr_units + FAT_LONG_UNITS - 1) / FAT_LONG_UNITS;
        ret = make_unique(dir, name, name_len, needs_tail, entry->name);
    } else {
        bool exists;

        /* The name may equal another file's generated short name. */
        ret = short_exists(dir, entry->name, &exists);
        if (ret == 0 && exists) {
            entry->name_case = 0;
            nr_pieces = 1;
            ret = make_unique(dir, name, name_len, true, entry->name);
        }
    }
    if (ret == 0)
        ret = fat_mark_dirty(vol);
    if (ret == 0)
        ret = find_free(dir, nr_pieces + 1, &first, &is_at_end);
    if (ret == 0)
        ret = write_slots(dir, first, nr_pieces, (size_t)nr_units, entry, is_at_end);
    *slot = first + nr_pieces;
    return ret;
}

int fat_dir_remove(struct fat_inode *dir, uint32_t slot)
{
    struct fat_cursor cursor = {.dir = dir};
    struct fat_entry *entry;
    uint8_t checksum;
    int ret = fat_mark_dirty(fat_inode_volume(dir));

    if (ret == 0)
        ret = fat_cursor_at(&cursor, slot, &entry);
    if (ret != 0)
        return ret;
    checksum = fat_short_checksum(entry->name);
    entry->name[0] = FAT_NAME_DELETED;
    fat_cursor_dirty(&cursor);
    /* Remove backwards over its pieces. */
    for (unsigned order = 1; order <= 20 && slot > 0; order++) {
        const struct fat_long_entry *piece;

        ret = fat_cursor_at(&cursor, --slot, &entry);
        if (ret != 0)
            break;
        piece = (struct fat_long_entry *)entry;
        if ((piece->attr & FAT_ATTR_LONG_MASK) != FAT_ATTR_LONG || piece->checksum != checksum ||
            (piece->order & (FAT_LAST_PIECE - 1)) != order)
            break;
        bool is_last = (piece->order & FAT_LAST_PIECE) != 0;

        entry->name[0] = FAT_NAME_DELETED;
        fat_cursor_dirty(&cursor);
        if (is_last)
            break;
    }
    fat_cursor_release(&cursor);
    return ret;
}
