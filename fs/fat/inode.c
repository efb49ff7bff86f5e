/*
 * Inodes: one per name, in vfs's inode cache by the place of its entry (the directory's first
 * cluster and the slot).
 *
 * An inode that is being evicted stays there until its entry on the disk is up to date; a lookup of
 * the name waits for that, so that nobody reads a stale entry.
 */
#include <base/errno.h>
#include <string/string.h>

#include "internal.h"

static uint64_t number_of(const struct fat_inode *dir, uint32_t slot) REQUIRES(&fat_locked)
{
    return (uint64_t)dir->first_cluster << 32 | slot;
}

void fat_inode_place(struct fat_inode *fi, struct fat_inode *dir, uint32_t slot)
{
    inode_get(&dir->inode);
    fi->dir = dir;
    fi->slot = slot;
    list_add(&fat_inode_volume(fi)->placed, &fi->node);
    inode_enter(&fi->inode, number_of(dir, slot));
}

struct inode *fat_inode_displace(struct fat_inode *fi)
{
    struct fat_inode *dir = fi->dir;

    if (dir)
        inode_leave(&fi->inode);
    fi->dir = NULL;
    fi->slot = FAT_NO_SLOT;
    list_del_init(&fi->node);
    return dir ? &dir->inode : NULL;
}

uint32_t fat_mode(const struct fat_volume *vol, uint8_t attr)
{
    bool is_dir = (attr & FAT_ATTR_DIRECTORY) != 0;
    uint32_t mode = 0777 & ~(is_dir ? vol->options.dmask : vol->options.fmask);

    if ((attr & FAT_ATTR_READ_ONLY) != 0 && !is_dir)
        mode &= ~0222u;
    return mode | (is_dir ? S_IFDIR : S_IFREG);
}

static void init_dir(struct fat_inode *fi, uint64_t size)
{
    fi->inode.ops = &fat_dir_inode_ops;
    fi->inode.file_ops = &fat_dir_ops;
    fi->inode.size = size;
}

static void init_times(struct inode *inode, const struct fat_entry *entry)
{
    inode->mtime_ns = inode->ctime_ns = fat_time_decode(entry->mdate, entry->mtime, 0);
    inode->atime_ns = fat_time_decode(entry->adate, 0, 0);
    inode->btime_ns = fat_time_decode(entry->cdate, entry->ctime, MIN(entry->ctime_cs, 199));
}

int fat_inode_make(struct fat_volume *vol, const struct fat_entry *entry, struct fat_inode **out)
{
    uint32_t first = fat_entry_first(vol, entry);
    bool is_dir = (entry->attr & FAT_ATTR_DIRECTORY) != 0;
    uint64_t size = entry->size;
    struct inode *inode;
    int ret;

    if (is_dir && first == 0 && !vol->sb->root) {
        size = vol->g.root_size;
    } else if (is_dir) {
        ret = fat_dir_size(vol, first, &size);
        if (ret != 0)
            return ret;
    } else if (first != 0 && !fat_is_cluster(vol, first)) {
        return fat_damaged(vol, "a file starts outside, at cluster", first);
    }
    inode = inode_alloc(vol->sb, fat_mode(vol, entry->attr));
    if (!inode)
        return -ENOMEM;
    struct fat_inode *fi = fat_inode_of(inode);

    list_init(&fi->node);
    fi->first_cluster = first;
    fi->slot = FAT_NO_SLOT;
    fi->attr = entry->attr;
    inode->ino = superblock_next_ino(vol->sb);
    inode->uid = vol->options.uid;
    inode->gid = vol->options.gid;
    inode->size = size;
    inode->ops = &fat_file_inode_ops;
    inode->file_ops = &fat_file_ops;
    if (is_dir)
        init_dir(fi, size);
    if (entry->mdate != 0)
        init_times(inode, entry);
    pagecache_init(&inode->cache, &fat_body_ops, true);
    *out = fi;
    return 0;
}

int fat_inode_find(struct fat_inode *dir, struct inode **out)
{
    struct fat_volume *vol = fat_inode_volume(dir);
    struct fat_found *found = &vol->found;
    struct fat_inode *fi;
    int ret = inode_find(vol->sb, number_of(dir, found->slot), out);

    if (ret == -EAGAIN) {
        ASSUME_LOCKED(&vol->lock, "by the caller: its volume is this one");
        cond_wait(&vol->evicted, &vol->lock);
    }
    if (ret != -ENOENT)
        return ret;
    ret = fat_inode_make(vol, &found->entry, &fi);
    if (ret != 0)
        return ret;
    fat_inode_place(fi, dir, found->slot);
    *out = &fi->inode;
    return 0;
}

uint64_t fat_found_ino(struct fat_inode *dir, uint32_t slot)
{
    uint64_t ino = inode_find_ino(dir->inode.sb, number_of(dir, slot));

    return ino != 0 ? ino : 1ull << 40 | (uint64_t)dir->first_cluster << 16 | slot;
}

void fat_inode_to_entry(const struct fat_inode *fi, struct fat_entry *entry)
{
    const struct inode *inode = &fi->inode;
    uint16_t time;

    entry->attr = fi->attr;
    fat_entry_set_first(entry, fi->first_cluster);
    entry->size = S_ISDIR(inode_mode(inode)) ? 0 : (uint32_t)inode->size;
    fat_time_encode(inode->mtime_ns, &entry->mdate, &entry->mtime, NULL);
    fat_time_encode(inode->atime_ns, &entry->adate, &time, NULL);
    fat_time_encode(inode->btime_ns, &entry->cdate, &entry->ctime, &entry->ctime_cs);
}

int fat_inode_store(struct fat_inode *fi)
{
    struct fat_entry before, after;
    int ret;

    if (!fi->dir || (fi->inode.sb->flags & SB_READ_ONLY) != 0)
        return 0;
    ret = fat_entry_read(fi->dir, fi->slot, &before);
    if (ret != 0)
        return ret;
    after = before;
    fat_inode_to_entry(fi, &after);
    /* A new access time alone, or an unset creation time, is not worth a write. */
    if (before.attr == after.attr && before.size == after.size && before.mdate == after.mdate &&
        before.mtime == after.mtime && before.first_low == after.first_low &&
        (before.first_high == after.first_high || fat_inode_volume(fi)->g.width != 32))
        return 0;
    return fat_entry_write(fi->dir, fi->slot, &after);
}

int fat_write_inode(struct inode *inode)
{
    struct fat_volume *vol = fat_volume_of(inode->sb);
    int ret;

    fat_lock(vol);
    ret = fat_inode_store(fat_inode_of(inode));
    fat_unlock(vol);
    return ret;
}

void fat_evict(struct inode *inode)
{
    struct fat_inode *fi = fat_inode_of(inode);
    struct fat_volume *vol = fat_volume_of(inode->sb);
    struct inode *dir;

    fat_lock(vol);
    if (READ_ONCE(inode->nlink) != 0)
        (void)fat_inode_store(fi);
    else if (fi->first_cluster != 0)
        (void)fat_chain_free(vol, fi->first_cluster);
    dir = fat_inode_displace(fi);
    cond_broadcast(&vol->evicted);
    fat_unlock(vol);
    if (dir)
        inode_put(dir);
}
