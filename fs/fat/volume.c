/*
 * A mounted volume: mounting, options, FSInfo, the in-use mark, sync and unmounting.
 */
#include <fat/fat.h>

#include <base/errno.h>
#include <heap/heap.h>
#include <log/log.h>
#include <string/string.h>
#include <vfs/magic.h>

#include "internal.h"

/* FSInfo (fatgen103, "FAT32 FSInfo Sector Structure"). */
#define FSINFO_SIGNATURE_1 0x41615252u
#define FSINFO_SIGNATURE_2 0x61417272u
#define FSINFO_AT_2        484

int fat_disk_read(struct fat_volume *vol, uint64_t place, struct frame *const *frames, size_t at,
                  size_t nr_bytes)
{
    return block_read_frames(vol->dev, place / SECTOR_SIZE, frames + at / PAGE_SIZE, at % PAGE_SIZE,
                             (uint32_t)(nr_bytes / SECTOR_SIZE));
}

int fat_disk_write(struct fat_volume *vol, uint64_t place, struct frame *const *frames, size_t at,
                   size_t nr_bytes)
{
    return block_write_frames(vol->dev, place / SECTOR_SIZE, frames + at / PAGE_SIZE,
                              at % PAGE_SIZE, (uint32_t)(nr_bytes / SECTOR_SIZE));
}

void fat_zero_tail(struct frame *const *frames, size_t nr, size_t from)
{
    for (; from < nr * PAGE_SIZE; from = ALIGN_DOWN(from, PAGE_SIZE) + PAGE_SIZE)
        memset((char *)frame_to_virt(frames[from / PAGE_SIZE]) + from % PAGE_SIZE, 0,
               PAGE_SIZE - from % PAGE_SIZE);
}

int fat_damaged(struct fat_volume *vol, const char *what, uint64_t where)
{
    if (!READ_ONCE(vol->has_reported))
        log_err("fat: %s is damaged: %s %lu; check it with fsck", vol->dev->name, what,
                (unsigned long)where);
    WRITE_ONCE(vol->has_reported, true);
    return -EUCLEAN;
}

/* ---- marks on the disk ---- */

static int write_state(struct fat_volume *vol, bool is_dirty) REQUIRES(&fat_locked)
{
    uint8_t state;
    int ret = block_read_bytes(vol->dev, vol->g.state_offset, &state, 1);

    if (ret != 0)
        return ret;
    state = (uint8_t)((state & ~1u) | is_dirty);
    ret = block_write_bytes(vol->dev, vol->g.state_offset, &state, 1);
    if (ret == 0)
        vol->is_marked_dirty = is_dirty;
    return ret;
}

int fat_mark_dirty(struct fat_volume *vol)
{
    if (likely(vol->is_marked_dirty))
        return 0;
    if ((vol->sb->flags & SB_READ_ONLY) != 0)
        return -EROFS;
    return write_state(vol, true);
}

struct fsinfo {
    uint32_t signature;
    uint32_t nr_free;
    uint32_t next_free;
};

static bool fsinfo_read(struct fat_volume *vol, struct fsinfo *info)
{
    uint32_t first;

    return vol->g.fsinfo_offset != 0 &&
           block_read_bytes(vol->dev, vol->g.fsinfo_offset, &first, sizeof(first)) == 0 &&
           block_read_bytes(vol->dev, vol->g.fsinfo_offset + FSINFO_AT_2, info, sizeof(*info)) ==
               0 &&
           first == FSINFO_SIGNATURE_1 && info->signature == FSINFO_SIGNATURE_2;
}

/* These are hints: impossible values are ignored, wrong ones cost only time. */
static void fsinfo_load(struct fat_volume *vol) REQUIRES(&fat_locked)
{
    struct fsinfo info;

    vol->next_free = FAT_FIRST;
    if (vol->g.was_dirty || !fsinfo_read(vol, &info))
        return;
    if (info.nr_free <= vol->g.nr_clusters) {
        vol->nr_free = info.nr_free;
        vol->has_nr_free = true;
    }
    if (fat_is_cluster(vol, info.next_free))
        vol->next_free = info.next_free;
}

static int fsinfo_store(struct fat_volume *vol) REQUIRES(&fat_locked)
{
    struct fsinfo info;

    if (!vol->has_nr_free || !fsinfo_read(vol, &info))
        return 0;
    info.nr_free = vol->nr_free;
    info.next_free = fat_is_cluster(vol, vol->next_free) ? vol->next_free : FAT_FIRST;
    return block_write_bytes(vol->dev, vol->g.fsinfo_offset + FSINFO_AT_2, &info, sizeof(info));
}

/* ---- the superblock's ops ---- */

static int store_all_entries(struct fat_volume *vol)
{
    struct fat_inode *fi;
    int result = 0;

    fat_lock(vol);
    list_for_each_entry(fi, &vol->placed, node) {
        int ret = fat_inode_store(fi);

        if (result == 0)
            result = ret;
    }
    fat_unlock(vol);
    return result;
}

/* Write file bodies first, then the metadata that refers to them, then the clean mark. */
static int fat_sync(struct superblock *sb)
{
    struct fat_volume *vol = fat_volume_of(sb);
    int ret = store_all_entries(vol), ret_pages;

    ret_pages = pagecache_sync();
    if (ret == 0)
        ret = ret_pages;
    /* After the last unmount only the table is left, which a walk of inodes does not find. */
    if (ret == 0)
        ret = pagecache_writeback(&vol->table, 0, UINT64_MAX);
    fat_lock(vol);
    if (ret == 0 && vol->is_marked_dirty) {
        ret = fsinfo_store(vol);
        if (ret == 0)
            ret = block_flush(vol->dev);
        if (ret == 0 && !vol->g.was_dirty && !vol->has_reported)
            ret = write_state(vol, false);
        if (ret == 0)
            ret = block_flush(vol->dev);
    }
    fat_unlock(vol);
    return ret;
}

static int fat_statfs(struct superblock *sb, struct vfs_statfs *out)
{
    struct fat_volume *vol = fat_volume_of(sb);
    uint32_t nr_free;
    int ret;

    fat_lock(vol);
    ret = fat_count_free(vol, &nr_free);
    fat_unlock(vol);
    if (ret != 0)
        return ret;
    out->block_size = vol->g.cluster_size;
    out->nr_blocks = vol->g.nr_clusters;
    out->nr_free = out->nr_available = nr_free;
    return 0;
}

static void fat_destroy(struct superblock *sb)
{
    struct fat_volume *vol = fat_volume_of(sb);

    ASSUME_UNSHARED(&fat_locked, "nobody uses the volume any more");
    fat_table_release(vol);
    pagecache_destroy(&vol->table);
    heap_free(vol);
}

static const struct superblock_ops fat_super_ops = {
    .inode_size = sizeof(struct fat_inode),
    .evict = fat_evict,
    .statfs = fat_statfs,
    .sync = fat_sync,
    .destroy = fat_destroy,
    .hash_name = fat_hash_name,
    .names_equal = fat_names_equal,
};

/* ---- mounting ---- */

static const char *const ignored_options[] = {
    "utf8", "iocharset=", "codepage=", "shortname=", "errors=", "quiet"};

/* Apply one option; `end` is behind it. */
static int parse_option(struct fat_options *options, const char *word, const char *end)
{
    static const char *const names[] = {"uid=", "gid=", "umask=", "fmask=", "dmask="};
    uint32_t *const targets[] = {&options->uid, &options->gid, &options->fmask, &options->fmask,
                                 &options->dmask};
    uint64_t value;

    for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
        const char *digits = word + strlen(names[i]), *stop;

        if (!str_has_prefix(word, names[i]))
            continue;
        if (str_to_u64(digits, &stop, i < 2 ? 10 : 8, &value) != 0 || stop != end ||
            value > (i < 2 ? UINT32_MAX : 0777))
            return -EINVAL;
        *targets[i] = (uint32_t)value;
        if (i == 2)
            options->dmask = (uint32_t)value;
        return 0;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(ignored_options); i++)
        if (str_has_prefix(word, ignored_options[i]))
            return 0;
    return -EINVAL;
}

static int parse_options(struct fat_options *options, const char *words)
{
    *options = (struct fat_options){.fmask = 022, .dmask = 022};
    while (*words != '\0') {
        const char *end = words;

        while (*end != '\0' && *end != ',')
            end++;
        if (end != words && parse_option(options, words, end) != 0) {
            log_err("fat: unknown or malformed option '%.*s'", (int)(end - words), words);
            return -EINVAL;
        }
        words = *end == ',' ? end + 1 : end;
    }
    return 0;
}

static struct block_device *device_of(const struct inode *inode)
{
    struct block_device *dev = block_next(NULL);

    while (dev && DEVNO(dev->major, dev->minor) != inode->rdev)
        dev = block_next(dev);
    return dev;
}

static int make_root(struct fat_volume *vol)
{
    struct fat_entry entry = {.attr = FAT_ATTR_DIRECTORY};
    struct fat_inode *root;
    int ret;

    fat_entry_set_first(&entry, vol->g.root_cluster);
    fat_lock(vol);
    ret = fat_inode_make(vol, &entry, &root);
    fat_unlock(vol);
    return ret != 0 ? ret : superblock_set_root(vol->sb, &root->inode);
}

static struct fat_volume *volume_create(void)
{
    struct fat_volume *vol = heap_zalloc(sizeof(*vol));

    if (!vol)
        return NULL;
    mutex_init(&vol->lock);
    cond_init(&vol->evicted);
    ASSUME_UNSHARED(&fat_locked, "nobody knows the volume yet");
    list_init(&vol->placed);
    pagecache_init(&vol->table, &fat_table_ops, true);
    return vol;
}

static int fat_mount(const struct fs_type *type, const char *source, struct inode *device,
                     unsigned flags, const char *words, struct superblock **out)
    REQUIRES(&fat_locked)
{
    struct block_device *dev = device_of(device);
    struct fat_options options;
    struct fat_geometry g;
    struct fat_volume *vol;
    struct superblock *sb;
    int ret;

    if (!dev)
        return -ENXIO;
    ret = parse_options(&options, words);
    if (ret == 0)
        ret = fat_geometry_read(dev, &g);
    if (ret != 0)
        return ret;
    vol = volume_create();
    if (!vol)
        return -ENOMEM;
    sb = superblock_alloc(type, &fat_super_ops);
    if (!sb) {
        pagecache_destroy(&vol->table);
        heap_free(vol);
        return -ENOMEM;
    }
    vol->sb = sb;
    vol->dev = dev;
    vol->g = g;
    vol->options = options;
    sb->private = vol;
    sb->magic = FAT_MAGIC;
    sb->block_size = g.cluster_size;
    sb->dev = DEVNO(dev->major, dev->minor);
    if (dev->is_read_only || (flags & SB_READ_ONLY) != 0)
        sb->flags |= SB_READ_ONLY;
    fsinfo_load(vol);
    ret = make_root(vol);
    if (ret != 0) {
        superblock_put(sb);
        return ret;
    }
    if (g.was_dirty)
        log_warn("fat: %s was not unmounted cleanly; check it with fsck", dev->name);
    *out = sb;
    return 0;
}

static const struct fs_type fat_types[] = {
    {.name = "vfat", .flags = FS_NEEDS_DEVICE, .mount = fat_mount},
    {.name = "msdos", .flags = FS_NEEDS_DEVICE, .mount = fat_mount},
};

int fat_init(void)
{
    int ret = 0;

    for (size_t i = 0; i < ARRAY_SIZE(fat_types) && ret == 0; i++)
        ret = fs_type_register(&fat_types[i]);
    return ret;
}
