/*
 * /proc/PID/mounts and mountinfo: the tree of mounts, as seen from the reader's root.
 */
#include <heap/heap.h>
#include <fs_context/fs_context.h>
#include <string/string.h>

#include "internal.h"

#include <task/vfs.h>

struct mounts_print {
    struct seq *seq;
    struct vfs_context context;
    char *buf; /* PATH_MAX */
    bool is_info;
};

/* Escape blanks and backslashes in names as octal, as getmntent(3) expects. */
static void print_escaped(struct seq *seq, const char *text)
{
    for (; *text != '\0'; text++)
        if (*text == ' ' || *text == '\t' || *text == '\n' || *text == '\\')
            seq_printf(seq, "\\%03o", (unsigned)(uint8_t)*text);
        else
            seq_putc(seq, *text);
}

static void print_flags(struct seq *seq, const struct mount *mount)
{
    unsigned flags = mount->flags;

    seq_puts(seq, (flags & MOUNT_READ_ONLY) != 0 || (mount->sb->flags & SB_READ_ONLY) != 0 ? "ro"
                                                                                           : "rw");
    if ((flags & MOUNT_NOSUID) != 0)
        seq_puts(seq, ",nosuid");
    if ((flags & MOUNT_NODEV) != 0)
        seq_puts(seq, ",nodev");
    if ((flags & MOUNT_NOEXEC) != 0)
        seq_puts(seq, ",noexec");
    if ((flags & MOUNT_NOATIME) != 0)
        seq_puts(seq, ",noatime");
    if ((flags & MOUNT_RELATIME) != 0)
        seq_puts(seq, ",relatime");
}

static void print_options(struct seq *seq, struct superblock *sb)
{
    char text[256];

    if (sb->ops->show_options && sb->ops->show_options(sb, text, sizeof(text)) == 0)
        seq_puts(seq, text);
}

static int print_mount(struct mount *mount, void *ctx)
{
    struct mounts_print *mp = ctx;
    struct path path = {.mount = mount, .dentry = mount->root};
    bool is_reachable;
    const char *name = vfs_path_string(&mp->context.root, &path, mp->buf, PATH_MAX, &is_reachable);

    if (!name || !is_reachable)
        return 0;
    if (mp->is_info) {
        seq_printf(mp->seq, "%u %u %u:%u / ", mount->id,
                   !mount->parent ? mount->id : mount->parent->id, DEVNO_MAJOR(mount->sb->dev),
                   DEVNO_MINOR(mount->sb->dev));
        print_escaped(mp->seq, name);
        seq_putc(mp->seq, ' ');
        print_flags(mp->seq, mount);
        seq_printf(mp->seq, " - %s ", mount->sb->type->name);
        print_escaped(mp->seq, mount->sb->source);
        seq_puts(mp->seq, (mount->sb->flags & SB_READ_ONLY) != 0 ? " ro" : " rw");
        print_options(mp->seq, mount->sb);
        seq_putc(mp->seq, '\n');
        return 0;
    }
    print_escaped(mp->seq, mount->sb->source);
    seq_putc(mp->seq, ' ');
    print_escaped(mp->seq, name);
    seq_printf(mp->seq, " %s ", mount->sb->type->name);
    print_flags(mp->seq, mount);
    print_options(mp->seq, mount->sb);
    seq_puts(mp->seq, " 0 0\n");
    return 0;
}

static int show(struct seq *seq, bool is_info)
{
    struct mounts_print mp = {.seq = seq, .is_info = is_info, .buf = heap_alloc(PATH_MAX)};

    if (!mp.buf)
        return -ENOMEM;
    process_vfs_begin(&mp.context);
    int ret = vfs_mount_for_each(print_mount, &mp);

    process_vfs_end(&mp.context);
    heap_free(mp.buf);
    return ret;
}

int show_mounts(struct seq *seq, const struct pseudo_object *object)
{
    (void)object;
    return show(seq, false);
}

int show_mountinfo(struct seq *seq, const struct pseudo_object *object)
{
    (void)object;
    return show(seq, true);
}
