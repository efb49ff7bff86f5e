/*
 * See <sysfs/sysfs.h>. Objects: below cpu, key = the CPU; below block devices, key = the device's
 * place in block_next order + 1.
 */
#include <sysfs/sysfs.h>

#include <base/errno.h>
#include <blockdev/blockdev.h>
#include <percpu/percpu.h>
#include <printf/printf.h>
#include <pseudofs/pseudofs.h>
#include <string/string.h>
#include <vfs/magic.h>

#define SYS_FILE(name_, show_)                                                                     \
    {                                                                                              \
        .name = (name_), .mode = S_IFREG | 0444, .show = (show_)                                   \
    }
#define SYS_DIR(name_, children_)                                                                  \
    {                                                                                              \
        .name = (name_), .mode = S_IFDIR | 0755, .children = (children_)                           \
    }

/* ---- processors ---- */

/* Print the CPUs for which is_in() is true, as "0-3,5". */
static void print_cpu_list(struct seq *seq, bool is_online_only)
{
    const char *separator = "";

    for (unsigned cpu = 0; cpu < cpu_count(); cpu++) {
        unsigned last = cpu;

        if (is_online_only && !cpu_is_online(cpu))
            continue;
        while (last + 1 < cpu_count() && (!is_online_only || cpu_is_online(last + 1)))
            last++;
        seq_printf(seq, "%s%u", separator, cpu);
        if (last > cpu)
            seq_printf(seq, "-%u", last);
        separator = ",";
        cpu = last;
    }
    seq_putc(seq, '\n');
}

static int show_online(struct seq *seq, const struct pseudo_object *object)
{
    (void)object;
    print_cpu_list(seq, true);
    return 0;
}

static int show_possible(struct seq *seq, const struct pseudo_object *object)
{
    (void)object;
    print_cpu_list(seq, false);
    return 0;
}

static int show_kernel_max(struct seq *seq, const struct pseudo_object *object)
{
    (void)object;
    seq_printf(seq, "%u\n", NR_CPUS_MAX - 1);
    return 0;
}

static int show_cpu_online(struct seq *seq, const struct pseudo_object *object)
{
    seq_printf(seq, "%u\n", cpu_is_online((unsigned)object->key));
    return 0;
}

static const struct pseudo_node one_cpu_children[] = {SYS_FILE("online", show_cpu_online),
                                                      {.name = NULL}};
static const struct pseudo_node one_cpu_node = {.mode = S_IFDIR | 0755,
                                                .children = one_cpu_children};

static int cpu_lookup(const struct pseudo_object *dir, const char *name, size_t name_len,
                      struct pseudo_child *out)
{
    uint32_t cpu;

    (void)dir;
    if (name_len < 4 || memcmp(name, "cpu", 3) != 0 ||
        pseudo_number(name + 3, name_len - 3, cpu_count(), &cpu) != 0)
        return -ENOENT;
    out->node = &one_cpu_node;
    out->key = cpu;
    return 0;
}

static int cpu_iterate(const struct pseudo_object *dir, uint64_t *cursor, struct pseudo_child *out)
{
    (void)dir;
    if (*cursor >= cpu_count())
        return -ENOENT;
    out->node = &one_cpu_node;
    out->key = *cursor;
    snprintf(out->name, sizeof(out->name), "cpu%u", (unsigned)*cursor);
    ++*cursor;
    return 0;
}

static const struct pseudo_node cpu_children[] = {
    SYS_FILE("kernel_max", show_kernel_max),
    SYS_FILE("online", show_online),
    SYS_FILE("possible", show_possible),
    SYS_FILE("present", show_possible),
    {.name = NULL},
};

/* ---- disks and partitions ---- */

static struct block_device *block_at(uint64_t key)
{
    struct block_device *dev = block_next(NULL);

    while (dev && --key > 0)
        dev = block_next(dev);
    return dev;
}

static int show_dev(struct seq *seq, const struct pseudo_object *object)
{
    const struct block_device *dev = block_at(object->key);

    seq_printf(seq, "%u:%u\n", dev->major, dev->minor);
    return 0;
}

static int show_size(struct seq *seq, const struct pseudo_object *object)
{
    seq_printf(seq, "%lu\n", block_at(object->key)->nr_sectors);
    return 0;
}

static int show_ro(struct seq *seq, const struct pseudo_object *object)
{
    seq_printf(seq, "%u\n", block_at(object->key)->disk->is_read_only);
    return 0;
}

static int show_removable(struct seq *seq, const struct pseudo_object *object)
{
    (void)object;
    seq_puts(seq, "0\n");
    return 0;
}

static int show_stat(struct seq *seq, const struct pseudo_object *object)
{
    const struct block_device *dev = block_at(object->key);

    seq_printf(seq, "%8lu %8u %8lu %8u %8lu %8u %8lu %8u %8u %8u %8u\n", dev->nr_reads, 0,
               dev->nr_sectors_read, 0, dev->nr_writes, 0, dev->nr_sectors_written, 0, 0, 0, 0);
    return 0;
}

static int show_uevent(struct seq *seq, const struct pseudo_object *object)
{
    const struct block_device *dev = block_at(object->key);

    seq_printf(seq, "MAJOR=%u\nMINOR=%u\nDEVNAME=%s\nDEVTYPE=%s\n", dev->major, dev->minor,
               dev->name, dev->partition == 0 ? "disk" : "partition");
    return 0;
}

static int show_block_size(struct seq *seq, const struct pseudo_object *object)
{
    seq_printf(seq, "%u\n", block_at(object->key)->disk->block_size);
    return 0;
}

static const struct pseudo_node queue_children[] = {
    SYS_FILE("logical_block_size", show_block_size),
    {.name = NULL},
};

static const struct pseudo_node block_children[] = {
    SYS_FILE("dev", show_dev),
    SYS_DIR("queue", queue_children),
    SYS_FILE("removable", show_removable),
    SYS_FILE("ro", show_ro),
    SYS_FILE("size", show_size),
    SYS_FILE("stat", show_stat),
    SYS_FILE("uevent", show_uevent),
    {.name = NULL},
};
static const struct pseudo_node block_node = {.mode = S_IFDIR | 0755, .children = block_children};

/* Find a device of /sys/block (disks) or /sys/class/block (all). */
static int find_block(uint64_t *cursor, const char *name, size_t name_len, bool is_disks_only,
                      struct pseudo_child *out)
{
    uint64_t key = 0;

    for (struct block_device *dev = block_next(NULL); dev; dev = block_next(dev)) {
        key++;
        if (is_disks_only && dev->partition != 0)
            continue;
        if (name ? strlen(dev->name) != name_len || memcmp(dev->name, name, name_len) != 0
                 : key <= *cursor)
            continue;
        out->node = &block_node;
        out->key = key;
        strlcpy(out->name, dev->name, sizeof(out->name));
        if (cursor)
            *cursor = key;
        return 0;
    }
    return -ENOENT;
}

static int disk_lookup(const struct pseudo_object *dir, const char *name, size_t name_len,
                       struct pseudo_child *out)
{
    (void)dir;
    return find_block(NULL, name, name_len, true, out);
}

static int disk_iterate(const struct pseudo_object *dir, uint64_t *cursor, struct pseudo_child *out)
{
    (void)dir;
    return find_block(cursor, NULL, 0, true, out);
}

static int block_lookup(const struct pseudo_object *dir, const char *name, size_t name_len,
                        struct pseudo_child *out)
{
    (void)dir;
    return find_block(NULL, name, name_len, false, out);
}

static int block_iterate(const struct pseudo_object *dir, uint64_t *cursor,
                         struct pseudo_child *out)
{
    (void)dir;
    return find_block(cursor, NULL, 0, false, out);
}

/* ---- terminals ---- */

static int show_ttys0_dev(struct seq *seq, const struct pseudo_object *object)
{
    (void)object;
    seq_puts(seq, "4:64\n");
    return 0;
}

static int show_console_active(struct seq *seq, const struct pseudo_object *object)
{
    (void)object;
    seq_puts(seq, "ttyS0\n");
    return 0;
}

static const struct pseudo_node ttys0_children[] = {SYS_FILE("dev", show_ttys0_dev),
                                                    {.name = NULL}};
static const struct pseudo_node console_children[] = {SYS_FILE("active", show_console_active),
                                                      {.name = NULL}};
static const struct pseudo_node tty_children[] = {
    SYS_DIR("console", console_children),
    SYS_DIR("ttyS0", ttys0_children),
    {.name = NULL},
};

/* ---- the tree ---- */

static const struct pseudo_node none[] = {{.name = NULL}};

static const struct pseudo_node class_children[] = {
    {.name = "block", .mode = S_IFDIR | 0755, .lookup = block_lookup, .iterate = block_iterate},
    SYS_DIR("tty", tty_children),
    {.name = NULL},
};

static const struct pseudo_node system_children[] = {
    {.name = "cpu",
     .mode = S_IFDIR | 0755,
     .children = cpu_children,
     .lookup = cpu_lookup,
     .iterate = cpu_iterate},
    {.name = NULL},
};

static const struct pseudo_node devices_children[] = {SYS_DIR("system", system_children),
                                                      {.name = NULL}};

static const struct pseudo_node root_children[] = {
    {.name = "block", .mode = S_IFDIR | 0755, .lookup = disk_lookup, .iterate = disk_iterate},
    SYS_DIR("bus", none),
    SYS_DIR("class", class_children),
    SYS_DIR("dev", none),
    SYS_DIR("devices", devices_children),
    SYS_DIR("fs", none),
    SYS_DIR("kernel", none),
    {.name = NULL},
};

static const struct pseudo_node root_node = {
    .name = "/", .mode = S_IFDIR | 0555, .children = root_children};

static int sysfs_mount(const struct fs_type *type, const char *source, struct inode *device,
                       unsigned flags, const char *options, struct superblock **out)
{
    (void)source;
    (void)device;
    (void)flags;
    (void)options;
    return pseudofs_mount(type, &root_node, SYSFS_MAGIC, out);
}

static const struct fs_type sysfs_type = {.name = "sysfs", .mount = sysfs_mount};

int sysfs_boot(void)
{
    return fs_type_register(&sysfs_type);
}
