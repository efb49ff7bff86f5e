#include <procfs/procfs.h>

#include <printf/printf.h>
#include <string/string.h>
#include <vfs/inode.h>
#include <vfs/magic.h>

#include "internal.h"

/* /proc/self and /proc/thread-self name the reader. */
static ssize_t self_readlink(const struct pseudo_object *object, char *buf, size_t size)
{
    char text[32];
    int n = snprintf(text, sizeof(text), "%d", process_current()->pid);

    (void)object;
    n = (int)MIN((size_t)n, size);
    memcpy(buf, text, (size_t)n);
    return n;
}

static ssize_t thread_self_readlink(const struct pseudo_object *object, char *buf, size_t size)
{
    char text[64];
    int n = snprintf(text, sizeof(text), "%d/task/%d", process_current()->pid, user_current()->tid);

    (void)object;
    n = (int)MIN((size_t)n, size);
    memcpy(buf, text, (size_t)n);
    return n;
}

/* "mounts" is a link to self/mounts, as in Linux, since programs expect one. */
static ssize_t mounts_readlink(const struct pseudo_object *object, char *buf, size_t size)
{
    (void)object;
    size = MIN(size, sizeof("self/mounts") - 1);
    memcpy(buf, "self/mounts", size);
    return (ssize_t)size;
}

static const struct pseudo_node root_children[] = {
    {.name = "self", .mode = S_IFLNK | 0777, .readlink = self_readlink},
    {.name = "thread-self", .mode = S_IFLNK | 0777, .readlink = thread_self_readlink},
    {.name = "mounts", .mode = S_IFLNK | 0777, .readlink = mounts_readlink},
    PROC_FILE("buddyinfo", show_buddyinfo),
    PROC_FILE("cmdline", show_cmdline),
    PROC_FILE("cpuinfo", show_cpuinfo),
    PROC_FILE("devices", show_devices),
    PROC_FILE("diskstats", show_diskstats),
#ifdef DEBUG
    {.name = "allocations",
     .mode = S_IFREG | 0644,
     .show = show_allocations,
     .store = store_allocations},
    {.name = "fail-nth", .mode = S_IFREG | 0644, .show = show_fail_nth, .store = store_fail_nth},
#endif
    PROC_FILE("filesystems", show_filesystems),
    PROC_FILE("interrupts", show_interrupts),
    PROC_FILE("loadavg", show_loadavg),
#ifdef LOCKSTAT
    {.name = "lock_stat", .mode = S_IFREG | 0600, .show = show_lock_stat, .store = store_lock_stat},
#endif
    PROC_FILE("meminfo", show_meminfo),
    PROC_FILE("partitions", show_partitions),
    PROC_FILE("slabinfo", show_slabinfo),
    PROC_FILE("stat", show_stat),
    PROC_FILE("swaps", show_swaps),
    PROC_FILE("uptime", show_uptime),
    PROC_FILE("version", show_version),
    PROC_FILE("vmstat", show_vmstat),
    PROC_DIR("sys", sys_children),
    {.name = NULL},
};

static const struct pseudo_node root_node = {.name = "/",
                                             .mode = S_IFDIR | 0555,
                                             .children = root_children,
                                             .lookup = root_lookup,
                                             .iterate = root_iterate};

static int proc_mount(const struct fs_type *type, const char *source, struct inode *device,
                      unsigned flags, const char *options, struct superblock **out)
{
    (void)source;
    (void)device;
    (void)flags;
    (void)options; /* hidepid= and gid= are accepted and ignored: all processes are visible to
                      everybody */
    return pseudofs_mount(type, &root_node, PROC_MAGIC, out);
}

static const struct fs_type proc_type = {.name = "proc", .mount = proc_mount};

int procfs_boot(void)
{
    loadavg_start();
    return fs_type_register(&proc_type);
}
