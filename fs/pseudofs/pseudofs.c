/*
 * Trees of generated files. See <pseudofs/pseudofs.h>.
 */
#include <pseudofs/pseudofs.h>

#include <base/errno.h>
#include <hash/hash.h>
#include <heap/heap.h>
#include <string/string.h>
#include <sync/mutex.h>

/* Largest write to a pseudo file, which is passed on whole. */
#define STORE_MAX PAGE_SIZE

/* Positions in a directory: 0 ".", 1 "..", then the fixed children, then DYNAMIC_POS + cursor. */
#define FIXED_POS   2u
#define DYNAMIC_POS (1ull << 32)

struct pseudo_inode {
    struct inode inode; /* first */
    struct pseudo_object object;
    bool is_dynamic; /* this or a directory above was found by a lookup function */
};

static struct pseudo_inode *pseudo_inode_of(const struct inode *inode)
{
    return container_of((struct inode *)inode, struct pseudo_inode, inode);
}

const struct pseudo_object *pseudo_object_of(const struct inode *inode)
{
    return &pseudo_inode_of(inode)->object;
}

/* ---- files: a text generated at once and read in pieces ---- */

struct pseudo_open {
    struct mutex lock;
    struct seq seq;
    bool is_made;
};

static int file_open(struct file *file)
{
    struct pseudo_open *po = heap_zalloc(sizeof(*po));

    if (!po)
        return -ENOMEM;
    mutex_init(&po->lock);
    file->private = po;
    return 0;
}

static void file_release(struct file *file)
{
    struct pseudo_open *po = file->private;

    heap_free(po->seq.buf);
    heap_free(po);
}

/* REQUIRES(po->lock) */
static int make_text(struct file *file, struct pseudo_open *po)
{
    const struct pseudo_object *object = pseudo_object_of(file_inode(file));
    int ret = -EINVAL;

    po->seq.len = 0;
    po->seq.has_failed = false;
    if (object->node->show)
        ret = object->node->show(&po->seq, object);
    if (ret == 0 && po->seq.has_failed)
        ret = -ENOMEM;
    po->is_made = ret == 0;
    return ret;
}

static ssize_t file_read_text(struct file *file, struct uio *uio, uint64_t *pos)
{
    struct pseudo_open *po = file->private;
    ssize_t ret = 0;

    mutex_lock(&po->lock);
    if (!po->is_made || *pos == 0)
        ret = make_text(file, po);
    if (ret == 0 && *pos < po->seq.len) {
        size_t n = uio_copy_to(uio, po->seq.buf + *pos, po->seq.len - *pos);

        *pos += n;
        ret = uio_result(uio, n);
    }
    mutex_unlock(&po->lock);
    return ret;
}

static ssize_t file_write_text(struct file *file, struct uio *uio, uint64_t *pos)
{
    const struct pseudo_object *object = pseudo_object_of(file_inode(file));
    size_t n = uio->nr_left;

    if (!object->node->store)
        return -EINVAL;
    if (n >= STORE_MAX)
        return -EINVAL;
    char *text = heap_alloc(n + 1);

    if (!text)
        return -ENOMEM;
    ssize_t ret = -EFAULT;

    if (uio_copy_from(uio, text, n) == n) {
        text[n] = '\0';
        ret = object->node->store(object, text, n);
    }
    if (ret > 0)
        *pos += (uint64_t)ret;
    heap_free(text);
    return ret;
}

static const struct file_ops pseudo_file_ops = {
    .open = file_open,
    .release = file_release,
    .read = file_read_text,
    .write = file_write_text,
};

/* ---- inodes ---- */

static const struct inode_ops dir_inode_ops;
static const struct inode_ops file_inode_ops;
static const struct inode_ops link_inode_ops;
static const struct inode_ops magic_inode_ops;
static const struct file_ops dir_file_ops;

static uint64_t object_ino(const struct pseudo_object *object)
{
    uint64_t hash =
        hash_u64((uintptr_t)object->node ^ hash_u64(object->key * 3 + hash_u64(object->sub)));

    return (hash & 0x7fffffff) | 1; /* fits a 32-bit ino_t, and is not 0 */
}

static int inode_create(struct superblock *sb, const struct pseudo_object *object, devno_t rdev,
                        bool is_dynamic, struct inode **out)
{
    const struct pseudo_node *node = object->node;
    uint32_t uid = 0;
    uint32_t gid = 0;

    if (node->owner && node->owner(object, &uid, &gid) != 0)
        return -ENOENT;
    struct inode *inode = inode_alloc(sb, node->mode);

    if (!inode)
        return -ENOMEM;
    inode->uid = uid;
    inode->gid = gid;
    inode->rdev = rdev;
    inode->ino = object_ino(object);
    pseudo_inode_of(inode)->object = *object;
    pseudo_inode_of(inode)->is_dynamic = is_dynamic;
    switch (node->mode & S_IFMT) {
    case S_IFDIR:
        inode->ops = &dir_inode_ops;
        inode->file_ops = &dir_file_ops;
        inode->nlink = 2;
        break;
    case S_IFLNK:
        inode->ops = node->follow ? &magic_inode_ops : &link_inode_ops;
        break;
    case S_IFREG:
        inode->ops = &file_inode_ops;
        inode->file_ops = node->file_ops ? node->file_ops : &pseudo_file_ops;
        break;
    default: /* device files: the operations come from the device's range */
        inode->ops = &file_inode_ops;
        break;
    }
    *out = inode;
    return 0;
}

static int dir_lookup(struct inode *dir, struct dentry *dentry)
{
    const struct pseudo_inode *pi = pseudo_inode_of(dir);
    const struct pseudo_node *node = pi->object.node;
    struct pseudo_object object = {.key = pi->object.key, .sub = pi->object.sub};
    bool is_dynamic = pi->is_dynamic;
    struct inode *inode;
    devno_t rdev = 0;

    for (const struct pseudo_node *child = node->children; child && child->name; child++) {
        if (strlen(child->name) == dentry->name_len &&
            memcmp(child->name, dentry->name, dentry->name_len) == 0) {
            object.node = child;
            break;
        }
    }
    if (!object.node) {
        struct pseudo_child *found;
        int ret = -ENOENT;

        if (!node->lookup)
            return -ENOENT;
        found = heap_zalloc(sizeof(*found));
        if (!found)
            return -ENOMEM;
        ret = node->lookup(&pi->object, dentry->name, dentry->name_len, found);
        object = (struct pseudo_object){.node = found->node, .key = found->key, .sub = found->sub};
        rdev = found->rdev;
        heap_free(found);
        if (ret != 0)
            return ret;
        is_dynamic = true;
    }
    int ret = inode_create(dir->sb, &object, rdev, is_dynamic, &inode);

    if (ret != 0)
        return ret;
    if (is_dynamic)
        dentry->flags |= DENTRY_VOLATILE;
    dentry_attach(dentry, inode);
    return 0;
}

static ssize_t link_readlink(struct inode *inode, char *buf, size_t size)
{
    const struct pseudo_object *object = pseudo_object_of(inode);

    return object->node->readlink ? object->node->readlink(object, buf, size) : -EINVAL;
}

static int link_follow(struct inode *inode, const struct cred *cred, struct path *out)
{
    const struct pseudo_object *object = pseudo_object_of(inode);

    return object->node->follow(object, cred, out);
}

static const struct inode_ops dir_inode_ops = {.lookup = dir_lookup};
static const struct inode_ops file_inode_ops = {.lookup = NULL};
static const struct inode_ops link_inode_ops = {.readlink = link_readlink};
static const struct inode_ops magic_inode_ops = {.readlink = link_readlink, .follow = link_follow};

/* ---- directories ---- */

static bool emit_object(struct dir_sink *sink, const char *name, const struct pseudo_object *object,
                        uint64_t pos)
{
    return sink->emit(sink, name, strlen(name), object_ino(object),
                      (object->node->mode & S_IFMT) >> 12, pos);
}

static int iterate_dynamic(struct file *file, const struct pseudo_object *dir,
                           struct dir_sink *sink)
{
    struct pseudo_child *child;
    uint64_t cursor;
    int ret;

    if (!dir->node->iterate)
        return 0;
    child = heap_zalloc(sizeof(*child));
    if (!child)
        return -ENOMEM;
    if (file->pos < DYNAMIC_POS)
        file->pos = DYNAMIC_POS;
    cursor = file->pos - DYNAMIC_POS;
    while ((ret = dir->node->iterate(dir, &cursor, child)) == 0) {
        struct pseudo_object object = {.node = child->node, .key = child->key, .sub = child->sub};

        if (!emit_object(sink, child->name, &object, file->pos))
            break;
        file->pos = DYNAMIC_POS + cursor;
    }
    heap_free(child);
    return ret == -ENOENT ? 0 : ret;
}

static int dir_iterate(struct file *file, struct dir_sink *sink)
{
    const struct pseudo_object *dir = pseudo_object_of(file_inode(file));
    uint64_t nr_fixed = 0;

    if (!generic_iterate_dots(file, sink))
        return 0;
    for (const struct pseudo_node *child = dir->node->children; child && child->name;
         child++, nr_fixed++) {
        struct pseudo_object object = {.node = child, .key = dir->key, .sub = dir->sub};

        if (file->pos != FIXED_POS + nr_fixed)
            continue;
        if (!emit_object(sink, child->name, &object, file->pos))
            return 0;
        file->pos++;
    }
    return iterate_dynamic(file, dir, sink);
}

static const struct file_ops dir_file_ops = {.iterate = dir_iterate};

int pseudo_number(const char *name, size_t name_len, uint64_t limit, uint32_t *out)
{
    uint64_t number = 0;

    if (name_len == 0 || (name[0] == '0' && name_len > 1))
        return -ENOENT;
    for (size_t i = 0; i < name_len; i++) {
        if (!char_is_digit(name[i]))
            return -ENOENT;
        number = number * 10 + (uint64_t)(name[i] - '0');
        if (number >= limit)
            return -ENOENT;
    }
    *out = (uint32_t)number;
    return 0;
}

/* ---- superblocks ---- */

static const struct superblock_ops pseudo_super_ops = {.inode_size = sizeof(struct pseudo_inode)};

int pseudofs_mount(const struct fs_type *type, const struct pseudo_node *root, uint64_t magic,
                   struct superblock **out)
{
    struct superblock *sb = superblock_alloc(type, &pseudo_super_ops);
    struct pseudo_object object = {.node = root};
    struct inode *inode;

    if (!sb)
        return -ENOMEM;
    sb->magic = magic;
    int ret = inode_create(sb, &object, 0, false, &inode);

    if (ret == 0)
        ret = superblock_set_root(sb, inode);
    if (ret != 0) {
        superblock_put(sb);
        return ret;
    }
    *out = sb;
    return 0;
}
