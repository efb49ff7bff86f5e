/*
 * Names and attributes: the operations of directories. A name matches in any case and by its short
 * form; its dentry always has the spelling on the disk, so that a file has only one dentry.
 */
#include <base/errno.h>
#include <string/string.h>

#include "internal.h"

static int fat_lookup(struct inode *dir, struct dentry *dentry)
{
    struct fat_inode *fdir = fat_inode_of(dir);
    struct fat_volume *vol = fat_inode_volume(fdir);
    struct inode *inode;
    int ret;

    fat_lock(vol);
    do {
        ret = fat_dir_find(fdir, dentry->name, dentry->name_len);
        if (ret == 0)
            ret = dentry_set_name(dentry, vol->found.name, vol->found.name_len);
        if (ret == 0)
            ret = fat_inode_find(fdir, &inode);
    } while (ret == -EAGAIN);
    fat_unlock(vol);
    if (ret == 0)
        dentry_attach(dentry, inode);
    return ret;
}

/* ---- making ---- */

static struct fat_entry new_entry(uint32_t mode)
{
    struct fat_entry entry = {.attr = S_ISDIR(mode) ? FAT_ATTR_DIRECTORY : FAT_ATTR_ARCHIVE};

    if (!S_ISDIR(mode) && (mode & 0222) == 0)
        entry.attr |= FAT_ATTR_READ_ONLY;
    fat_time_encode(inode_now_ns(), &entry.mdate, &entry.mtime, NULL);
    fat_time_encode(inode_now_ns(), &entry.cdate, &entry.ctime, &entry.ctime_cs);
    entry.adate = entry.mdate;
    return entry;
}

static int fat_create(struct inode *dir, struct dentry *dentry, uint32_t mode,
                      const struct cred *cred)
{
    struct fat_inode *fdir = fat_inode_of(dir), *fi;
    struct fat_volume *vol = fat_inode_volume(fdir);
    struct fat_entry entry = new_entry(mode);
    uint32_t slot;
    int ret;

    (void)cred;
    fat_lock(vol);
    ret = fat_dir_add(fdir, dentry->name, dentry->name_len, &entry, &slot);
    if (ret == 0) {
        ret = fat_inode_make(vol, &entry, &fi);
        if (ret == 0)
            fat_inode_place(fi, fdir, slot);
        else
            (void)fat_dir_remove(fdir, slot);
    }
    fat_unlock(vol);
    if (ret == 0)
        dentry_attach(dentry, &fi->inode);
    return ret;
}

/* Return the cluster that ".." of a directory in dir refers to: 0 stands for the root. */
static uint32_t dot_dot_cluster(const struct fat_inode *dir) REQUIRES(&fat_locked)
{
    return dir->dir ? dir->first_cluster : 0;
}

/* Fill a new directory's cluster: ".", "..", the end mark. */
static int write_dots(struct fat_inode *fi, const struct fat_inode *dir,
                      const struct fat_entry *like) REQUIRES(&fat_locked)
{
    struct fat_volume *vol = fat_inode_volume(fi);
    struct fat_entry dots[2] = {*like, *like};

    for (uint64_t at = 0; at < vol->g.cluster_size; at += PAGE_SIZE) {
        struct frame *frame;
        int ret = pagecache_get(&fi->inode.cache, at / PAGE_SIZE, PAGECACHE_NO_FILL, &frame);

        if (ret != 0)
            return ret;
        memset(frame_to_virt(frame), 0, PAGE_SIZE);
        if (at == 0) {
            memcpy(dots[0].name, ".          ", 11);
            memcpy(dots[1].name, "..         ", 11);
            dots[0].name_case = dots[1].name_case = 0;
            fat_entry_set_first(&dots[1], dot_dot_cluster(dir));
            memcpy(frame_to_virt(frame), dots, sizeof(dots));
        }
        pagecache_mark_dirty(&fi->inode.cache, frame);
        frame_put(frame);
    }
    return 0;
}

static int fat_mkdir(struct inode *dir, struct dentry *dentry, uint32_t mode,
                     const struct cred *cred)
{
    struct fat_inode *fdir = fat_inode_of(dir), *fi = NULL;
    struct fat_volume *vol = fat_inode_volume(fdir);
    struct fat_entry entry = new_entry(mode);
    uint32_t cluster, slot;
    int ret;

    (void)cred;
    fat_lock(vol);
    ret = fat_name_check(dentry->name, dentry->name_len);
    if (ret == 0)
        ret = fat_cluster_alloc(vol, 0, &cluster);
    if (ret == 0) {
        fat_entry_set_first(&entry, cluster);
        ret = fat_inode_make(vol, &entry, &fi);
        if (ret != 0)
            (void)fat_chain_free(vol, cluster);
    }
    if (ret == 0)
        ret = write_dots(fi, fdir, &entry);
    if (ret == 0)
        ret = fat_dir_add(fdir, dentry->name, dentry->name_len, &entry, &slot);
    if (ret == 0)
        fat_inode_place(fi, fdir, slot);
    fat_unlock(vol);
    if (ret == 0) {
        dentry_attach(dentry, &fi->inode);
    } else if (fi) {
        WRITE_ONCE(fi->inode.nlink, 0); /* evict frees the cluster */
        inode_put(&fi->inode);
    }
    return ret;
}

/* ---- removing ---- */

static int remove_entry(struct dentry *dentry, bool must_be_empty)
{
    struct fat_inode *fi = fat_inode_of(dentry->inode);
    struct fat_volume *vol = fat_inode_volume(fi);
    struct inode *dir = NULL;
    bool is_empty = true;
    int ret = 0;

    fat_lock(vol);
    if (must_be_empty)
        ret = fat_dir_is_empty(fi, &is_empty);
    if (ret == 0 && !is_empty)
        ret = -ENOTEMPTY;
    if (ret == 0)
        ret = fat_dir_remove(fi->dir, fi->slot);
    if (ret == 0)
        dir = fat_inode_displace(fi);
    fat_unlock(vol);
    if (ret == 0)
        inode_put(dir);
    return ret;
}

static int fat_unlink(struct inode *dir, struct dentry *dentry)
{
    int ret = remove_entry(dentry, false);

    (void)dir;
    if (ret == 0)
        WRITE_ONCE(dentry->inode->nlink, 0);
    return ret;
}

static int fat_rmdir(struct inode *dir, struct dentry *dentry)
{
    (void)dir;
    return remove_entry(dentry, true);
}

/* ---- renaming ---- */

static bool is_above(const struct fat_inode *above, const struct fat_inode *below)
    REQUIRES(&fat_locked)
{
    while (below && below != above)
        below = below->dir;
    return below;
}

/* Update ".." of the directory fi, which has moved to dir. */
static int update_dot_dot(struct fat_inode *fi, const struct fat_inode *dir) REQUIRES(&fat_locked)
{
    struct fat_entry entry;
    int ret;

    if (!S_ISDIR(inode_mode(&fi->inode)))
        return 0;
    ret = fat_entry_read(fi, 1, &entry);
    if (ret != 0 || memcmp(entry.name, "..         ", 11) != 0)
        return ret; /* a damaged directory has no "..": leave it so */
    fat_entry_set_first(&entry, dot_dot_cluster(dir));
    return fat_entry_write(fi, 1, &entry);
}

/* Write the attributes of `from` over the entry of `to`, whose name stays. */
static int take_over(struct fat_inode *from, struct fat_inode *to_dir, uint32_t slot)
    REQUIRES(&fat_locked)
{
    struct fat_entry entry;
    int ret = fat_entry_read(to_dir, slot, &entry);

    if (ret == 0) {
        fat_inode_to_entry(from, &entry);
        ret = fat_entry_write(to_dir, slot, &entry);
    }
    return ret;
}

/* Give fi the name of `new` in new_dir; its slot goes to *slot. target: inode that has the name
 * now, or NULL. */
static int write_new_name(struct fat_inode *fi, struct fat_inode *new_dir, const struct dentry *new,
                          struct fat_inode *target, uint32_t *slot) REQUIRES(&fat_locked)
{
    struct fat_entry entry = {0};

    if (target) {
        *slot = target->slot;
        return take_over(fi, new_dir, *slot);
    }
    fat_inode_to_entry(fi, &entry);
    return fat_dir_add(new_dir, new->name, new->name_len, &entry, slot);
}

static int fat_exchange(struct dentry *a, struct dentry *b)
{
    struct fat_inode *fa = fat_inode_of(a->inode), *fb = fat_inode_of(b->inode);
    struct fat_volume *vol = fat_inode_volume(fa);
    struct inode *dir_a = NULL, *dir_b = NULL;
    uint32_t slot_a, slot_b;
    int ret;

    fat_lock(vol);
    slot_a = fa->slot;
    slot_b = fb->slot;
    ret = is_above(fa, fb->dir) || is_above(fb, fa->dir) ? -EINVAL : 0;
    if (ret == 0)
        ret = take_over(fa, fb->dir, slot_b);
    if (ret == 0)
        ret = take_over(fb, fa->dir, slot_a);
    if (ret == 0) {
        dir_a = fat_inode_displace(fa);
        dir_b = fat_inode_displace(fb);
        fat_inode_place(fa, fat_inode_of(dir_b), slot_b);
        fat_inode_place(fb, fat_inode_of(dir_a), slot_a);
        ret = update_dot_dot(fa, fa->dir);
        if (ret == 0)
            ret = update_dot_dot(fb, fb->dir);
    }
    fat_unlock(vol);
    if (dir_a) {
        inode_put(dir_a);
        inode_put(dir_b);
    }
    return ret;
}

static int rename_locked(struct fat_inode *fi, struct fat_inode *new_dir, const struct dentry *new,
                         struct fat_inode *target, struct inode **old_dir,
                         struct inode **target_dir) REQUIRES(&fat_locked)
{
    uint32_t slot;
    bool is_empty = true;
    int ret = 0;

    if (is_above(fi, new_dir))
        return -EINVAL;
    if (target && S_ISDIR(inode_mode(&target->inode)))
        ret = fat_dir_is_empty(target, &is_empty);
    if (ret == 0 && !is_empty)
        ret = -ENOTEMPTY;
    if (ret == 0)
        ret = write_new_name(fi, new_dir, new, target, &slot);
    if (ret == 0)
        ret = fat_dir_remove(fi->dir, fi->slot);
    if (ret != 0)
        return ret;
    if (target)
        *target_dir = fat_inode_displace(target);
    *old_dir = fat_inode_displace(fi);
    fat_inode_place(fi, new_dir, slot);
    return *old_dir == &new_dir->inode ? 0 : update_dot_dot(fi, new_dir);
}

static int fat_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
                      struct dentry *new, unsigned flags)
{
    struct fat_volume *vol = fat_volume_of(old_dir->sb);
    struct inode *was_in = NULL, *target_was_in = NULL, *target = new->inode;
    int ret;

    if ((flags & RENAME_EXCHANGE) != 0)
        return fat_exchange(old, new);
    fat_lock(vol);
    ret = rename_locked(fat_inode_of(old->inode), fat_inode_of(new_dir), new,
                        !target ? NULL : fat_inode_of(target), &was_in, &target_was_in);
    fat_unlock(vol);
    if (ret == 0 && target && !S_ISDIR(inode_mode(target)))
        WRITE_ONCE(target->nlink, 0);
    if (was_in)
        inode_put(was_in);
    if (target_was_in)
        inode_put(target_was_in);
    return ret;
}

/* ---- attributes ---- */

static int fat_setattr(struct inode *inode, const struct vfs_attr *attr)
{
    struct fat_inode *fi = fat_inode_of(inode);
    struct fat_volume *vol = fat_inode_volume(fi);

    if (((attr->valid & ATTR_UID) != 0 && attr->uid != READ_ONCE(inode->uid)) ||
        ((attr->valid & ATTR_GID) != 0 && attr->gid != READ_ONCE(inode->gid)))
        return -EPERM;
    if ((attr->valid & ATTR_MODE) != 0 && !S_ISDIR(inode_mode(inode))) {
        fat_lock(vol);
        fi->attr &= (uint8_t)~FAT_ATTR_READ_ONLY;
        if ((attr->mode & 0222) == 0)
            fi->attr |= FAT_ATTR_READ_ONLY;
        fat_unlock(vol);
    }
    return 0;
}

static int fat_getattr(struct inode *inode, struct vfs_stat *out)
{
    uint64_t cluster_size = fat_volume_of(inode->sb)->g.cluster_size;

    out->nr_sectors = ALIGN_UP(inode->size, cluster_size) / SECTOR_SIZE;
    return 0;
}

/* ---- reading directories ---- */

/* Positions: 0 is ".", 1 is "..", then the slots. */
static int fat_iterate(struct file *file, struct dir_sink *sink)
{
    struct fat_inode *dir = fat_inode_of(file_inode(file));
    struct fat_volume *vol = fat_inode_volume(dir);
    char name[NAME_MAX + 1];

    if (!generic_iterate_dots(file, sink))
        return 0;
    for (;;) {
        uint32_t slot = (uint32_t)MIN(file->pos - 2, (uint64_t)FAT_MAX_DIR);
        bool is_dir, is_dot;
        size_t length;
        uint64_t ino, pos;
        int ret;

        /* Drop the lock around the sink, which may access user memory. */
        fat_lock(vol);
        ret = fat_dir_next(dir, &slot);
        length = vol->found.name_len;
        memcpy(name, vol->found.name, sizeof(name));
        is_dir = (vol->found.entry.attr & FAT_ATTR_DIRECTORY) != 0;
        is_dot = vol->found.entry.name[0] == '.';
        pos = 2 + (uint64_t)vol->found.first_slot;
        ino = ret == 0 ? fat_found_ino(dir, vol->found.slot) : 0;
        fat_unlock(vol);
        if (ret != 0)
            return ret == -ENOENT ? 0 : ret;
        if (!is_dot && !sink->emit(sink, name, length, ino, is_dir ? DT_DIR : DT_REG, pos))
            return 0;
        file->pos = 2 + (uint64_t)slot;
    }
}

const struct file_ops fat_dir_ops = {.iterate = fat_iterate, .fsync = generic_file_fsync};

const struct inode_ops fat_dir_inode_ops = {
    .lookup = fat_lookup,
    .create = fat_create,
    .mkdir = fat_mkdir,
    .unlink = fat_unlink,
    .rmdir = fat_rmdir,
    .rename = fat_rename,
    .getattr = fat_getattr,
    .setattr = fat_setattr,
    .write_inode = fat_write_inode,
};

const struct inode_ops fat_file_inode_ops = {
    .getattr = fat_getattr,
    .setattr = fat_setattr,
    .truncate = fat_body_truncate,
    .write_inode = fat_write_inode,
};
