/*
 * The allocation table: chains of clusters. Accessed through a page cache that covers only the
 * table; write-back goes to all copies.
 */
#include <base/errno.h>
#include <string/string.h>

#include "internal.h"

/* ---- pages ---- */

static struct fat_volume *volume_of_table(struct pagecache *cache)
{
    return container_of(cache, struct fat_volume, table);
}

static int table_read_pages(struct pagecache *cache, uint64_t index, struct frame *const *frames,
                            size_t nr)
{
    struct fat_volume *vol = volume_of_table(cache);
    uint64_t offset = index * PAGE_SIZE;
    size_t n = (size_t)MIN((uint64_t)nr * PAGE_SIZE, vol->g.table_size - offset);

    fat_zero_tail(frames, nr, n);
    return fat_disk_read(vol, vol->g.table_offset + offset, frames, 0, n);
}

static int table_write_pages(struct pagecache *cache, uint64_t index, struct frame *const *frames,
                             size_t nr)
{
    struct fat_volume *vol = volume_of_table(cache);
    uint64_t offset = index * PAGE_SIZE;
    size_t n = (size_t)MIN((uint64_t)nr * PAGE_SIZE, vol->g.table_size - offset);
    int ret = 0;

    for (unsigned i = 0; i < vol->g.nr_tables && ret == 0; i++)
        ret =
            fat_disk_write(vol, vol->g.table_offset + i * vol->g.table_size + offset, frames, 0, n);
    return ret;
}

static uint64_t table_nr_pages(struct pagecache *cache)
{
    return ALIGN_UP(volume_of_table(cache)->g.table_size, PAGE_SIZE) / PAGE_SIZE;
}

const struct pagecache_ops fat_table_ops = {
    .read_pages = table_read_pages, .nr_pages = table_nr_pages, .write_pages = table_write_pages};

void fat_table_release(struct fat_volume *vol)
{
    if (vol->table_frame)
        frame_put(vol->table_frame);
    vol->table_frame = NULL;
}

/* Return the address of the table's byte at offset; its page becomes vol->table_frame. */
static int table_byte(struct fat_volume *vol, uint64_t offset, uint8_t **byte) REQUIRES(&fat_locked)
{
    uint64_t index = offset / PAGE_SIZE;

    if (!vol->table_frame || vol->table_index != index) {
        struct frame *frame;
        int ret = pagecache_get(&vol->table, index, 0, &frame);

        if (ret != 0)
            return ret;
        fat_table_release(vol);
        vol->table_frame = frame;
        vol->table_index = index;
    }
    *byte = (uint8_t *)frame_to_virt(vol->table_frame) + offset % PAGE_SIZE;
    return 0;
}

/* ---- entries ---- */

/* Read two bytes, which may span two pages. */
static int entry12_read(struct fat_volume *vol, uint32_t cluster, uint32_t *value)
    REQUIRES(&fat_locked)
{
    uint64_t offset = cluster + cluster / 2;
    uint8_t *byte, low;
    int ret = table_byte(vol, offset, &byte);

    if (ret != 0)
        return ret;
    low = *byte;
    ret = table_byte(vol, offset + 1, &byte);
    if (ret == 0)
        *value = (low | (uint32_t)*byte << 8) >> (cluster % 2 * 4) & 0xfff;
    return ret;
}

static int entry12_write(struct fat_volume *vol, uint32_t cluster, uint32_t value)
    REQUIRES(&fat_locked)
{
    uint64_t offset = cluster + cluster / 2;
    uint32_t bits = (value & 0xfff) << (cluster % 2 * 4), mask = 0xfffu << (cluster % 2 * 4);

    for (unsigned i = 0; i < 2; i++) {
        uint8_t *byte;
        int ret = table_byte(vol, offset + i, &byte);

        if (ret != 0)
            return ret;
        *byte = (uint8_t)((*byte & ~(mask >> 8 * i)) | (bits >> 8 * i & 0xff));
        pagecache_mark_dirty(&vol->table, vol->table_frame);
    }
    return 0;
}

/* Read the entry of a valid cluster; end and bad marks are widened to 32 bits. */
static int entry_read(struct fat_volume *vol, uint32_t cluster, uint32_t *value)
    REQUIRES(&fat_locked)
{
    uint8_t *byte;
    uint32_t last;
    int ret;

    switch (vol->g.width) {
    case 12:
        ret = entry12_read(vol, cluster, value);
        last = 0xfff;
        break;
    case 16:
        ret = table_byte(vol, cluster * 2ull, &byte);
        last = 0xffff;
        if (ret == 0)
            *value = *(uint16_t *)(void *)byte;
        break;
    default:
        ret = table_byte(vol, cluster * 4ull, &byte);
        last = 0x0fffffff;
        if (ret == 0)
            *value = *(uint32_t *)(void *)byte & last;
    }
    /* The eight highest values end a chain, the one below marks a bad cluster. */
    if (ret == 0 && *value >= last - 8)
        *value = *value == last - 8 ? FAT_BAD : FAT_END;
    return ret;
}

static int entry_write(struct fat_volume *vol, uint32_t cluster, uint32_t value)
    REQUIRES(&fat_locked)
{
    uint8_t *byte;
    int ret = fat_mark_dirty(vol);

    if (ret != 0)
        return ret;
    switch (vol->g.width) {
    case 12:
        return entry12_write(vol, cluster, value);
    case 16:
        ret = table_byte(vol, cluster * 2ull, &byte);
        if (ret == 0)
            *(uint16_t *)(void *)byte = (uint16_t)value;
        break;
    default: /* preserve the reserved upper four bits */
        ret = table_byte(vol, cluster * 4ull, &byte);
        if (ret == 0)
            *(uint32_t *)(void *)byte =
                (*(uint32_t *)(void *)byte & 0xf0000000u) | (value & 0x0fffffff);
    }
    if (ret == 0)
        pagecache_mark_dirty(&vol->table, vol->table_frame);
    return ret;
}

/* ---- chains ---- */

int fat_next(struct fat_volume *vol, uint32_t cluster, uint32_t *next)
{
    int ret = entry_read(vol, cluster, next);

    if (ret == 0 && *next != FAT_END && !fat_is_cluster(vol, *next))
        ret = fat_damaged(vol, "a chain of clusters breaks off at cluster", cluster);
    return ret;
}

int fat_count_free(struct fat_volume *vol, uint32_t *nr_free)
{
    if (!vol->has_nr_free) {
        uint32_t count = 0, value;

        for (uint32_t i = 0; i < vol->g.nr_clusters; i++) {
            int ret = entry_read(vol, FAT_FIRST + i, &value);

            if (ret != 0)
                return ret;
            count += value == FAT_FREE;
        }
        vol->nr_free = count;
        vol->has_nr_free = vol->is_counted = true;
    }
    *nr_free = vol->nr_free;
    return 0;
}

int fat_cluster_alloc(struct fat_volume *vol, uint32_t last, uint32_t *out)
{
    uint32_t nr_free, value = FAT_END, cluster;
    int ret = fat_count_free(vol, &nr_free);

    if (ret != 0)
        return ret;
    if (nr_free == 0 && !vol->is_counted) { /* the count came from the disk: recount */
        vol->has_nr_free = false;
        ret = fat_count_free(vol, &nr_free);
        if (ret != 0)
            return ret;
    }
    if (nr_free == 0)
        return -ENOSPC;
    cluster = fat_is_cluster(vol, vol->next_free) ? vol->next_free : FAT_FIRST;
    for (uint32_t i = 0; i < vol->g.nr_clusters && value != FAT_FREE; i++) {
        if (i > 0)
            cluster = fat_is_cluster(vol, cluster + 1) ? cluster + 1 : FAT_FIRST;
        ret = entry_read(vol, cluster, &value);
        if (ret != 0)
            return ret;
    }
    if (value != FAT_FREE) {
        vol->nr_free = 0;
        vol->is_counted = true;
        return -ENOSPC;
    }
    ret = entry_write(vol, cluster, FAT_END);
    if (ret == 0 && last != 0)
        ret = entry_write(vol, last, cluster);
    if (ret != 0)
        return ret;
    vol->nr_free--;
    vol->next_free = cluster + 1;
    *out = cluster;
    return 0;
}

int fat_chain_free(struct fat_volume *vol, uint32_t first)
{
    uint32_t cluster = first, next, nr_free;
    int ret = fat_count_free(vol, &nr_free);

    /* Each step frees an allocated cluster, so a loop ends at the first freed one. */
    while (ret == 0 && cluster != FAT_END) {
        if (!fat_is_cluster(vol, cluster))
            return fat_damaged(vol, "a chain of clusters leads outside at cluster", cluster);
        ret = fat_next(vol, cluster, &next);
        if (ret == 0)
            ret = entry_write(vol, cluster, FAT_FREE);
        if (ret == 0) {
            vol->nr_free++;
            if (cluster < vol->next_free)
                vol->next_free = cluster;
            cluster = next;
        }
    }
    return ret;
}

int fat_chain_cut(struct fat_volume *vol, uint32_t last)
{
    uint32_t next;
    int ret = fat_next(vol, last, &next);

    if (ret == 0 && next != FAT_END) {
        ret = entry_write(vol, last, FAT_END);
        if (ret == 0)
            ret = fat_chain_free(vol, next);
    }
    return ret;
}
