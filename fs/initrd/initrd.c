/*
 * The initrd. See <initrd/initrd.h>. The format is that of Linux's buffer-format.rst: a sequence of
 * members, each a newc cpio archive or a gzip of one. A gzip member is inflated into contiguous
 * frames, which are then treated like the reserved memory.
 */
#include <initrd/initrd.h>

#include <base/errno.h>
#include <cpio/cpio.h>
#include <frame/frame.h>
#include <heap/heap.h>
#include <inflate/inflate.h>
#include <log/log.h>
#include <ramfs/ramfs.h>
#include <string/string.h>
#include <vfs/vfs.h>

/* A file with several names, by which later entries of the same inode find it. */
struct hard_link {
    struct hard_link *next;
    uint32_t ino, dev_major, dev_minor;
    struct path path;
};

struct unpack {
    struct hard_link *links;
    unsigned nr_files;
    unsigned nr_failed;
    bool is_gzip_bad;   /* the gzip stream is damaged, not the archive in it */
    size_t nr_inflated; /* bytes inflated before the damage */
};

/* ---- names ---- */

/* Names in an archive are relative to the root whatever they begin with, and may not leave it by
 * "..". */
static const char *checked_name(const char *name)
{
    while (*name == '/' || (name[0] == '.' && name[1] == '/'))
        name++;
    if (*name == '\0' || str_equal(name, "."))
        return NULL;
    for (const char *at = name; *at != '\0';) {
        if (at[0] == '.' && at[1] == '.' && (at[2] == '/' || at[2] == '\0'))
            return NULL;
        while (*at != '\0' && *at != '/')
            at++;
        while (*at == '/')
            at++;
    }
    return name;
}

/* ramfs returns -ENOSPC also when it has no memory for an inode. */
static bool is_memory_short(int err)
{
    return err == -ENOMEM || err == -ENOSPC;
}

/* Create the directories that lead to name, as archives without directory entries expect. */
static int make_parents(char *name)
{
    int err = 0;

    for (char *at = strchr(name, '/'); at && !is_memory_short(err); at = strchr(at + 1, '/')) {
        *at = '\0';
        err = vfs_mkdir(&vfs_kernel_context, &vfs_kernel_context.root, name, 0755);
        *at = '/';
    }
    return is_memory_short(err) ? -ENOMEM : 0;
}

/* Remove an existing file of that name, but not a directory. */
static void remove_old(const char *name)
{
    (void)vfs_unlink(&vfs_kernel_context, &vfs_kernel_context.root, name);
}

static int make_node(const char *name, const struct cpio_entry *entry)
{
    const struct vfs_context *context = &vfs_kernel_context;
    char *target;
    int ret;

    switch (entry->mode & S_IFMT) {
    case S_IFDIR:
        ret = vfs_mkdir(context, &context->root, name, 0755);
        return ret == -EEXIST ? 0 : ret;
    case S_IFLNK:
        remove_old(name);
        if (entry->body_size == 0 || entry->body_size >= PATH_MAX)
            return -ENAMETOOLONG;
        target = heap_alloc(entry->body_size + 1);
        if (!target)
            return -ENOMEM;
        memcpy(target, entry->body, entry->body_size);
        target[entry->body_size] = '\0';
        ret = vfs_symlink(context, target, &context->root, name);
        heap_free(target);
        return ret;
    case S_IFREG:
    case S_IFCHR:
    case S_IFBLK:
    case S_IFIFO:
    case S_IFSOCK:
        remove_old(name);
        if (entry->rdev_major > 0xfff || entry->rdev_minor > 0xfffff)
            return -EINVAL;
        return vfs_mknod(context, &context->root, name, entry->mode & (S_IFMT | S_IALLUGO),
                         DEVNO(entry->rdev_major, entry->rdev_minor));
    default:
        return -EINVAL;
    }
}

/* ---- bodies ---- */

/*
 * Hand the body's whole pages to the file if they are page aligned and the frame allocator releases
 * them; otherwise the file only refers to the memory.
 */
static void set_body(struct inode *inode, const struct cpio_entry *entry)
{
    size_t whole = ALIGN_DOWN((size_t)entry->body_size, PAGE_SIZE);
    bool owns = false;

    if (entry->body_size == 0)
        return;
    if (whole > 0 && IS_ALIGNED((uintptr_t)entry->body, PAGE_SIZE))
        owns = frame_adopt(virt_to_phys(entry->body), whole) == 0;
    ramfs_set_body(inode, entry->body, entry->body_size, owns);
}

static struct hard_link *find_link(struct unpack *unpack, const struct cpio_entry *entry)
{
    struct hard_link *link = unpack->links;

    while (link && (link->ino != entry->ino || link->dev_major != entry->dev_major ||
                    link->dev_minor != entry->dev_minor))
        link = link->next;
    return link;
}

static int remember_link(struct unpack *unpack, const struct cpio_entry *entry,
                         const struct path *path)
{
    struct hard_link *link = heap_alloc(sizeof(*link));

    if (!link)
        return -ENOMEM;
    *link = (struct hard_link){.next = unpack->links,
                               .ino = entry->ino,
                               .dev_major = entry->dev_major,
                               .dev_minor = entry->dev_minor,
                               .path = *path};
    path_get(path);
    unpack->links = link;
    return 0;
}

/* ---- entries ---- */

static int unpack_entry(struct unpack *unpack, char *name, const struct cpio_entry *entry)
{
    const struct vfs_context *context = &vfs_kernel_context;
    struct hard_link *link = NULL;
    struct path path;

    int ret = make_parents(name);

    if (ret != 0)
        return ret;
    if (S_ISREG(entry->mode) && entry->nlink > 1)
        link = find_link(unpack, entry);
    if (link)
        remove_old(name);
    ret = link ? vfs_link(context, &link->path, &context->root, name) : make_node(name, entry);
    if (ret == 0)
        ret = vfs_lookup(context, &context->root, name, LOOKUP_NO_FOLLOW, &path);
    if (ret != 0)
        return ret;
    struct inode *inode = path.dentry->inode;
    struct inode *dir = UNLOCKED(path.dentry->parent, "no program runs that could move it")->inode;

    /* Adding the entry changed the directory's mtime: restore the archive's from its atime, which
     * nothing has changed since nobody has read the directory. */
    dir->mtime_ns = dir->atime_ns;
    inode->uid = entry->uid;
    inode->gid = entry->gid;
    inode->atime_ns = inode->mtime_ns = inode->ctime_ns =
        (int64_t)entry->mtime * (int64_t)NS_PER_SEC;
    if (!S_ISLNK(inode_mode(inode)))
        inode->mode = (inode_mode(inode) & S_IFMT) | (entry->mode & S_IALLUGO);
    if (S_ISREG(inode_mode(inode)) && S_ISREG(entry->mode)) {
        if (inode->size == 0)
            set_body(inode, entry);
        if (entry->nlink > 1 && !link)
            ret = remember_link(unpack, entry, &path);
    }
    path_put(&path);
    return ret;
}

static int unpack_archive(struct unpack *unpack, struct cpio_reader *reader)
{
    char *name = heap_alloc(PATH_MAX);
    struct cpio_entry entry;
    int ret;

    if (!name)
        return -ENOMEM;
    while ((ret = cpio_next(reader, &entry)) > 0) {
        const char *good = checked_name(entry.name);
        int err = -EINVAL;

        if (!good && (str_equal(entry.name, ".") || str_equal(entry.name, "/")))
            continue;
        if (good && strlcpy(name, good, PATH_MAX) < PATH_MAX)
            err = unpack_entry(unpack, name, &entry);
        if (err == 0)
            unpack->nr_files++;
        else if (unpack->nr_failed++ == 0)
            log_warn("initrd: cannot make '%.64s' (error %d)", entry.name, -err);
        if (is_memory_short(err)) {
            ret = -ENOMEM;
            break;
        }
    }
    heap_free(name);
    return ret;
}

/* ---- compressed members ---- */

struct inflated {
    struct inflate_output output; /* first */
    struct frame *frames;
    size_t nr_pages;
};

/* Double the output buffer: contiguous frames, since a body must be one piece. */
static int inflated_grow(struct inflate_output *output)
{
    struct inflated *in = container_of(output, struct inflated, output);
    size_t nr_pages = in->nr_pages * 2;
    struct frame *frames;

    if (nr_pages * PAGE_SIZE > GIB(1))
        return -EFBIG;
    frames = frame_alloc_contig(nr_pages, 1, 0);
    if (!frames)
        return -ENOMEM;
    memcpy(frame_to_virt(frames), output->buf, output->length);
    frame_free_contig(in->frames, in->nr_pages);
    in->frames = frames;
    in->nr_pages = nr_pages;
    output->buf = frame_to_virt(frames);
    output->size = nr_pages * PAGE_SIZE;
    return 0;
}

static int inflate_member(const uint8_t *data, size_t size, size_t *used, struct inflated *in)
{
    size_t hint = MIN((size_t)gzip_size_hint(data, size), MIB(256));
    struct inflate_work *work = heap_alloc(sizeof(*work));
    int ret = -ENOMEM;

    /* The size hint comes from the archive and may be wrong either way: do not allocate all memory
     * for it. */
    hint = MIN(MAX(hint, PAGE_SIZE), size * 64 + PAGE_SIZE);
    in->nr_pages = ALIGN_UP(hint, PAGE_SIZE) / PAGE_SIZE;
    in->frames = frame_alloc_contig(in->nr_pages, 1, 0);
    if (work && in->frames) {
        in->output = (struct inflate_output){.buf = frame_to_virt(in->frames),
                                             .size = in->nr_pages * PAGE_SIZE,
                                             .room = inflated_grow};
        ret = gzip_inflate(work, data, size, used, &in->output);
    }
    heap_free(work);
    /* Output before an error can still be unpacked. */
    if (in->frames && (ret == -ENOMEM || in->output.length == 0)) {
        frame_free_contig(in->frames, in->nr_pages);
        in->frames = NULL;
    }
    return ret;
}

/* Free the pages behind the archive's end. */
static void inflated_trim(struct inflated *in)
{
    size_t nr_used = ALIGN_UP(in->output.length, PAGE_SIZE) / PAGE_SIZE;

    for (size_t i = nr_used; i < in->nr_pages; i++)
        (void)frame_put(in->frames + i);
}

static int unpack_gzip(struct unpack *unpack, const uint8_t *data, size_t size, size_t *used)
{
    struct inflated in = {0};
    struct cpio_reader reader;
    size_t nr_kept;
    int ret = inflate_member(data, size, used, &in);
    int ret_cpio;
    unsigned nr_seen = unpack->nr_files + unpack->nr_failed;

    unpack->is_gzip_bad = ret != 0;
    unpack->nr_inflated = in.output.length;
    if (!in.frames)
        return ret;
    inflated_trim(&in);
    nr_kept = ALIGN_UP(in.output.length, PAGE_SIZE) / PAGE_SIZE;
    cpio_init(&reader, in.output.buf, in.output.length);
    ret_cpio = unpack_archive(unpack, &reader);
    if (unpack->nr_files + unpack->nr_failed == nr_seen) /* nothing refers to it */
        frame_free_contig(in.frames, nr_kept);
    else
        frame_count(FRAME_LENT, (int64_t)nr_kept);
    return ret != 0 ? ret : ret_cpio;
}

/* ---- the whole ---- */

static void unpack_finish(struct unpack *unpack)
{
    while (unpack->links) {
        struct hard_link *link = unpack->links;

        unpack->links = link->next;
        path_put(&link->path);
        heap_free(link);
    }
}

/* Recognise an unsupported compression by its first bytes; NULL: none. */
static const char *compression_name(const uint8_t *data, size_t size)
{
    static const struct {
        const char *name;
        uint8_t nr_bytes;
        uint8_t bytes[6];
    } magics[] = {
        {"xz", 6, {0xfd, '7', 'z', 'X', 'Z', 0}},
        {"zstd", 4, {0x28, 0xb5, 0x2f, 0xfd}},
        {"lz4", 4, {0x02, 0x21, 0x4c, 0x18}},
        {"lz4", 4, {0x04, 0x22, 0x4d, 0x18}},
        {"bzip2", 3, {'B', 'Z', 'h'}},
        {"lzma", 3, {0x5d, 0, 0}},
        {"lzo", 4, {0x89, 'L', 'Z', 'O'}},
    };

    for (unsigned i = 0; i < ARRAY_SIZE(magics); i++)
        if (size >= magics[i].nr_bytes && memcmp(data, magics[i].bytes, magics[i].nr_bytes) == 0)
            return magics[i].name;
    return NULL;
}

static void report(int err, const uint8_t *data, size_t nr_bytes, size_t pos,
                   const struct unpack *unpack)
{
    const char *compression = compression_name(data + pos, nr_bytes - pos);

    if (err != -ENOMEM && compression)
        log_err("initrd: compressed with %s, which is not unpacked here: give it plain or gzip",
                compression);
    else if (err != -ENOMEM && unpack->is_gzip_bad)
        log_err("initrd: gzip is cut or damaged (error %d) after %lu bytes of what it holds; "
                "%u files are good",
                -err, (unsigned long)unpack->nr_inflated, unpack->nr_files);
    else
        log_err("initrd: %s at byte %lu (error %d); %u files are good",
                err == -ENOMEM ? "no memory" : "not a cpio archive, or cut or damaged",
                (unsigned long)pos, -err, unpack->nr_files);
}

int initrd_unpack(const void *archive, size_t nr_bytes)
{
    const uint8_t *data = archive;
    struct unpack unpack = {0};
    size_t pos = 0;
    int ret = 0;

    while (ret == 0 && pos < nr_bytes) {
        size_t used = 0;

        if (data[pos] == 0) { /* padding between members */
            pos++;
        } else if (gzip_is_compressed(data + pos, nr_bytes - pos)) {
            ret = unpack_gzip(&unpack, data + pos, nr_bytes - pos, &used);
            pos += used;
        } else if (cpio_is_archive(data + pos, nr_bytes - pos)) {
            struct cpio_reader reader;

            cpio_init(&reader, data + pos, nr_bytes - pos);
            ret = unpack_archive(&unpack, &reader);
            pos += reader.pos;
        } else {
            ret = -EINVAL;
        }
    }
    unpack_finish(&unpack);
    if (ret != 0)
        report(ret, data, nr_bytes, pos, &unpack);
    return ret;
}
