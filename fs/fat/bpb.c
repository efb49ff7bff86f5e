/*
 * Reads and validates the boot sector.
 */
#include <base/errno.h>
#include <bits/bits.h>
#include <log/log.h>
#include <string/string.h>

#include "internal.h"

/* Offsets in the boot sector (fatgen103, "Boot Sector and BPB Structure"). */
#define BPB_SECTOR_SIZE  11
#define BPB_CLUSTER      13
#define BPB_RESERVED     14
#define BPB_NR_TABLES    16
#define BPB_ROOT_ENTRIES 17
#define BPB_SECTORS_16   19
#define BPB_MEDIA        21
#define BPB_TABLE_16     22
#define BPB_SECTORS_32   32
#define BPB_TABLE_32     36
#define BPB_FLAGS_32     40
#define BPB_VERSION_32   42
#define BPB_ROOT_32      44
#define BPB_FSINFO_32    48
#define BPB_STATE_16     37
#define BPB_STATE_32     65
#define BPB_SERIAL_16    39
#define BPB_SERIAL_32    67
#define STATE_DIRTY      0x01
#define FLAG_ONE_TABLE   0x80

/* Fewer clusters than these make FAT12 and FAT16 (fatgen103, "FAT Type Determination"). */
#define MIN_CLUSTERS_16 4085
#define MAX_CLUSTERS_16 65524
#define MAX_CLUSTERS_32 0x0ffffff5u

static uint16_t read16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t read32(const uint8_t *p)
{
    return read16(p) | (uint32_t)read16(p + 2) << 16;
}

static int refuse(const struct block_device *dev, const char *why)
{
    log_err("fat: %s: %s", dev->name, why);
    return -EINVAL;
}

/* Locate the table: on FAT32 only one of several may be active. */
static void locate_table(struct fat_geometry *g, const uint8_t *bpb, uint32_t table_sectors)
{
    unsigned nr_tables = bpb[BPB_NR_TABLES], flags = read16(bpb + BPB_FLAGS_32);

    g->table_offset = (uint64_t)read16(bpb + BPB_RESERVED) * g->sector_size;
    g->table_size = (uint64_t)table_sectors * g->sector_size;
    g->nr_tables = nr_tables;
    if (g->width == 32 && (flags & FLAG_ONE_TABLE) != 0 && (flags & 15) < nr_tables) {
        g->table_offset += (flags & 15) * g->table_size;
        g->nr_tables = 1;
    }
}

static int check_fixed_fields(const struct block_device *dev, const uint8_t *bpb)
{
    uint32_t sector_size = read16(bpb + BPB_SECTOR_SIZE);

    if (sector_size < 512 || sector_size > 4096 || !IS_POWER_OF_2(sector_size) ||
        sector_size < dev->block_size)
        return refuse(dev, "not a FAT file system, or one with an unusable sector size");
    if (!IS_POWER_OF_2(bpb[BPB_CLUSTER]))
        return refuse(dev, "the cluster size is no power of two");
    if (read16(bpb + BPB_RESERVED) == 0 || bpb[BPB_NR_TABLES] == 0 || bpb[BPB_NR_TABLES] > 4)
        return refuse(dev, "no reserved sectors, or no allocation table");
    if (bpb[BPB_MEDIA] < 0xf8 && bpb[BPB_MEDIA] != 0xf0)
        return refuse(dev, "the media byte is no media byte");
    return 0;
}

/* Compute the layout from a boot sector whose single fields are valid. */
static int compute(const struct block_device *dev, const uint8_t *bpb, struct fat_geometry *g)
{
    uint64_t nr_sectors = read16(bpb + BPB_SECTORS_16), data_sector, entries;
    uint32_t table_sectors = read16(bpb + BPB_TABLE_16);

    g->sector_size = read16(bpb + BPB_SECTOR_SIZE);
    g->cluster_size = g->sector_size * bpb[BPB_CLUSTER];
    g->cluster_shift = bit_ctz64(g->cluster_size);
    if (nr_sectors == 0)
        nr_sectors = read32(bpb + BPB_SECTORS_32);
    if (nr_sectors * g->sector_size > dev->nr_sectors * SECTOR_SIZE)
        return refuse(dev, "the file system is larger than its device");
    g->width = table_sectors == 0 ? 32 : 16;
    if (table_sectors == 0)
        table_sectors = read32(bpb + BPB_TABLE_32);
    if (table_sectors == 0)
        return refuse(dev, "the allocation table has no size");
    locate_table(g, bpb, table_sectors);

    g->root_size = read16(bpb + BPB_ROOT_ENTRIES) * 32u;
    if (g->root_size % g->sector_size != 0)
        return refuse(dev, "the root directory ends inside a sector");
    data_sector = read16(bpb + BPB_RESERVED) + (uint64_t)bpb[BPB_NR_TABLES] * table_sectors;
    g->root_offset = data_sector * g->sector_size;
    data_sector += g->root_size / g->sector_size;
    g->data_offset = data_sector * g->sector_size;
    if (data_sector >= nr_sectors)
        return refuse(dev, "there is no room for data");
    entries = (nr_sectors - data_sector) / bpb[BPB_CLUSTER];
    if (entries == 0 || entries > MAX_CLUSTERS_32)
        return refuse(dev, "the number of clusters cannot be");
    g->nr_clusters = (uint32_t)entries;
    if (g->width != 32 && g->nr_clusters < MIN_CLUSTERS_16)
        g->width = 12;
    if (g->width == 16 && g->nr_clusters > MAX_CLUSTERS_16)
        return refuse(dev, "more clusters than FAT16 has");
    /* Clusters without an entry in the table do not exist. */
    entries = g->table_size * 8 / g->width;
    if (entries <= FAT_FIRST)
        return refuse(dev, "the allocation table is too small");
    g->nr_clusters = (uint32_t)MIN((uint64_t)g->nr_clusters, entries - FAT_FIRST);
    return 0;
}

static int check_root(const struct block_device *dev, const uint8_t *bpb, struct fat_geometry *g)
{
    if (g->width != 32)
        return g->root_size == 0 ? refuse(dev, "the root directory has no size") : 0;
    if (read16(bpb + BPB_VERSION_32) != 0)
        return refuse(dev, "a version of FAT32 that is unknown");
    g->root_cluster = read32(bpb + BPB_ROOT_32);
    g->root_offset = 0;
    g->root_size = 0;
    if (g->root_cluster < FAT_FIRST || g->root_cluster - FAT_FIRST >= g->nr_clusters)
        return refuse(dev, "the root directory lies outside");
    if (read16(bpb + BPB_FSINFO_32) != 0 &&
        read16(bpb + BPB_FSINFO_32) < read16(bpb + BPB_RESERVED))
        g->fsinfo_offset = (uint64_t)read16(bpb + BPB_FSINFO_32) * g->sector_size;
    return 0;
}

int fat_geometry_read(struct block_device *dev, struct fat_geometry *g)
{
    uint8_t bpb[512];
    int ret = block_read_bytes(dev, 0, bpb, sizeof(bpb));

    *g = (struct fat_geometry){0};
    if (ret != 0)
        return ret;
    ret = check_fixed_fields(dev, bpb);
    if (ret == 0)
        ret = compute(dev, bpb, g);
    if (ret == 0)
        ret = check_root(dev, bpb, g);
    if (ret != 0)
        return ret;
    g->state_offset = g->width == 32 ? BPB_STATE_32 : BPB_STATE_16;
    g->serial = read32(bpb + (g->width == 32 ? BPB_SERIAL_32 : BPB_SERIAL_16));
    g->was_dirty = (bpb[g->state_offset] & STATE_DIRTY) != 0;
    return 0;
}
