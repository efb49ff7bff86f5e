/*
 * Directories: arrays of 32-byte entries in the page cache of the directory's inode. This file
 * reads them and accesses single entries; dirwrite.c adds and removes names. A long name lies in
 * pieces before its entry, last piece first (fatgen103, "FAT Long Directory Entries").
 */
#include <base/errno.h>
#include <string/string.h>
#include <utf/utf.h>

#include "internal.h"

/* ---- places ---- */

int fat_cursor_at(struct fat_cursor *cursor, uint32_t slot, struct fat_entry **entry)
{
    uint64_t offset = slot * (uint64_t)sizeof(struct fat_entry);

    if (offset >= cursor->dir->inode.size)
        return -ENOENT;
    if (!cursor->frame || cursor->index != offset / PAGE_SIZE) {
        fat_cursor_release(cursor);
        int ret = pagecache_get(&cursor->dir->inode.cache, offset / PAGE_SIZE, 0, &cursor->frame);

        if (ret != 0) {
            cursor->frame = NULL;
            return ret;
        }
        cursor->index = offset / PAGE_SIZE;
    }
    *entry = (struct fat_entry *)((char *)frame_to_virt(cursor->frame) + offset % PAGE_SIZE);
    return 0;
}

void fat_cursor_dirty(struct fat_cursor *cursor)
{
    pagecache_mark_dirty(&cursor->dir->inode.cache, cursor->frame);
}

void fat_cursor_release(struct fat_cursor *cursor)
{
    if (cursor->frame)
        frame_put(cursor->frame);
    cursor->frame = NULL;
}

int fat_entry_read(struct fat_inode *dir, uint32_t slot, struct fat_entry *out)
{
    struct fat_cursor cursor = {.dir = dir};
    struct fat_entry *entry;
    int ret = fat_cursor_at(&cursor, slot, &entry);

    if (ret == 0)
        *out = *entry;
    fat_cursor_release(&cursor);
    return ret;
}

int fat_entry_write(struct fat_inode *dir, uint32_t slot, const struct fat_entry *from)
{
    struct fat_cursor cursor = {.dir = dir};
    struct fat_entry *entry;
    int ret = fat_mark_dirty(fat_inode_volume(dir));

    if (ret == 0)
        ret = fat_cursor_at(&cursor, slot, &entry);
    if (ret == 0) {
        *entry = *from;
        fat_cursor_dirty(&cursor);
    }
    fat_cursor_release(&cursor);
    return ret;
}

/* ---- reading ---- */

/* A long name that is being assembled from its pieces. */
struct long_name {
    unsigned next;      /* order of the piece expected next, 0: the entry itself */
    unsigned nr_pieces; /* 0: no name, or a broken one */
    uint8_t checksum;
    uint32_t first_slot;
};

static void piece_units(const struct fat_long_entry *piece, uint16_t *units)
{
    memcpy(units, piece->units1, sizeof(piece->units1));
    memcpy(units + 5, piece->units2, sizeof(piece->units2));
    memcpy(units + 11, piece->units3, sizeof(piece->units3));
}

/* Pieces out of order are orphans: skip them. */
static void add_piece(struct fat_volume *vol, struct long_name *name, uint32_t slot,
                      const struct fat_long_entry *piece)
{
    unsigned order = piece->order & (FAT_LAST_PIECE - 1);

    if ((piece->order & FAT_LAST_PIECE) != 0) {
        *name = (struct long_name){
            .nr_pieces = order, .next = order, .checksum = piece->checksum, .first_slot = slot};
    }
    if (order == 0 || order > 20 || name->nr_pieces == 0 || order != name->next ||
        piece->checksum != name->checksum) {
        name->nr_pieces = 0;
        return;
    }
    piece_units(piece, vol->units + (order - 1) * FAT_LONG_UNITS);
    name->next--;
}

/* Fill in the name of volume->found from its entry. */
static void take_name(struct fat_volume *vol, const struct long_name *name) REQUIRES(&fat_locked)
{
    struct fat_found *found = &vol->found;
    int length = -EILSEQ;

    found->has_long = name->nr_pieces != 0 && name->next == 0 &&
                      name->checksum == fat_short_checksum(found->entry.name);
    if (found->has_long) {
        unsigned nr_units = 0;

        while (nr_units < name->nr_pieces * FAT_LONG_UNITS && vol->units[nr_units] != 0)
            nr_units++;
        if (nr_units > 0 && nr_units <= FAT_NAME_UNITS)
            length = utf16_to_utf8(vol->units, nr_units, found->name, NAME_MAX);
        found->nr_units = (uint16_t)nr_units;
        found->first_slot = name->first_slot;
    }
    /* A long name that no path can spell is replaced by the short name. */
    if (length <= 0 || memchr(found->name, '/', (size_t)length)) {
        length = (int)fat_short_to_text(&found->entry, found->name);
        found->nr_units = (uint16_t)MAX(
            utf8_to_utf16(found->name, (size_t)length, vol->units, FAT_NAME_UNITS), 0);
        if (!found->has_long)
            found->first_slot = found->slot;
    }
    found->name[length] = '\0';
    found->name_len = (uint16_t)length;
}

static int next_with(struct fat_cursor *cursor, uint32_t *slot) REQUIRES(&fat_locked)
{
    struct fat_volume *vol = fat_inode_volume(cursor->dir);
    struct long_name name = {0};
    struct fat_entry *entry;
    int ret;

    for (; (ret = fat_cursor_at(cursor, *slot, &entry)) == 0; (*slot)++) {
        if (entry->name[0] == 0)
            return -ENOENT;
        if (entry->name[0] == FAT_NAME_DELETED) {
            name.nr_pieces = 0;
        } else if ((entry->attr & FAT_ATTR_LONG_MASK) == FAT_ATTR_LONG) {
            add_piece(vol, &name, *slot, (struct fat_long_entry *)entry);
        } else if ((entry->attr & FAT_ATTR_VOLUME) != 0) {
            name.nr_pieces = 0;
        } else {
            vol->found.entry = *entry;
            vol->found.slot = (*slot)++;
            take_name(vol, &name);
            return 0;
        }
    }
    return ret;
}

int fat_dir_next(struct fat_inode *dir, uint32_t *slot)
{
    struct fat_cursor cursor = {.dir = dir};
    int ret = next_with(&cursor, slot);

    fat_cursor_release(&cursor);
    return ret;
}

static bool is_dot_name(const struct fat_entry *entry)
{
    return memcmp(entry->name, ".          ", 11) == 0 ||
           memcmp(entry->name, "..         ", 11) == 0;
}

/* True if volume->wanted is the long or the short name of volume->found. */
static bool is_wanted(struct fat_volume *vol, size_t nr_units)
{
    struct fat_found *found = &vol->found;
    char text[NAME_MAX + 1];
    int nr_short;

    if (is_dot_name(&found->entry))
        return false;
    if (found->nr_units == nr_units && fat_units_equal(vol->wanted, vol->units, nr_units))
        return true;
    if (!found->has_long || nr_units > 12)
        return false;
    nr_short = (int)fat_short_to_text(&found->entry, text);
    nr_short = utf8_to_utf16(text, (size_t)nr_short, vol->units, FAT_NAME_UNITS);
    return nr_short == (int)nr_units && fat_units_equal(vol->wanted, vol->units, nr_units);
}

int fat_dir_find(struct fat_inode *dir, const char *name, size_t name_len)
{
    struct fat_volume *vol = fat_inode_volume(dir);
    struct fat_cursor cursor = {.dir = dir};
    int nr_units = utf8_to_utf16(name, name_len, vol->wanted, FAT_NAME_UNITS), ret;
    uint32_t slot = 0;

    if (nr_units < 0)
        return -ENOENT;
    while ((ret = next_with(&cursor, &slot)) == 0)
        if (is_wanted(vol, (size_t)nr_units))
            break;
    fat_cursor_release(&cursor);
    return ret;
}

int fat_dir_is_empty(struct fat_inode *dir, bool *is_empty)
{
    struct fat_volume *vol = fat_inode_volume(dir);
    uint32_t slot = 0;
    int ret;

    while ((ret = fat_dir_next(dir, &slot)) == 0)
        if (!is_dot_name(&vol->found.entry))
            break;
    *is_empty = ret == -ENOENT;
    return ret == -ENOENT ? 0 : ret;
}
