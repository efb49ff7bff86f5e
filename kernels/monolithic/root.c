/*
 * The root file system on a disk: root=, rootfstype=, ro and rw, with Linux's meanings
 * (Documentation/admin-guide/kernel-parameters.txt): read-only unless rw is said, every file system
 * tried unless rootfstype= lists some. All disks are there before this runs, so that rootwait and
 * rootdelay= have nothing to wait for. Not here: devices by UUID, label or number, and roots over a
 * network.
 */
#include <base/errno.h>
#include <blockdev/blockdev.h>
#include <bootargs/bootargs.h>
#include <log/log.h>
#include <printf/printf.h>
#include <string/string.h>
#include <vfs/vfs.h>

#include "init.h"

#define TYPE_NAME_MAX 32

/* The last of ro and rw counts. */
static unsigned root_flags(void)
{
    unsigned flags = MOUNT_READ_ONLY;
    const struct bootarg_word *word;

    for (unsigned i = 0; (word = bootargs_word(i)) != NULL; i++) {
        if (word->kind != BOOTARG_KNOWN)
            continue;
        if (str_equal(word->name, "rw"))
            flags &= ~MOUNT_READ_ONLY;
        else if (str_equal(word->name, "ro"))
            flags |= MOUNT_READ_ONLY;
    }
    return flags;
}

static int mount_as(const char *device, const char *type)
{
    const char *options = bootargs_get("rootflags");

    return vfs_mount(&vfs_kernel_context, device, "/", type, root_flags(), options ? options : "");
}

/* Try each of a comma-separated list; an unknown name (-ENODEV) does not hide another's error. */
static int mount_as_one_of(const char *device, const char *types)
{
    int ret = -ENODEV;

    while (*types != '\0') {
        char name[TYPE_NAME_MAX];
        const char *end = strchr(types, ',');
        size_t length = end ? (size_t)(end - types) : strlen(types);

        if (strlcpy(name, types, MIN(sizeof(name), length + 1)) > 0 && length < sizeof(name)) {
            int err = mount_as(device, name);

            if (err == 0)
                return 0;
            if (err != -ENODEV)
                ret = err;
        }
        types += length + (end != NULL);
    }
    return ret;
}

static int mount_as_any(const char *device)
{
    const struct fs_type *type;
    int err = -EINVAL;

    for (unsigned i = 0; (type = fs_type_at(i)) != NULL; i++) {
        if ((type->flags & FS_NEEDS_DEVICE) == 0)
            continue;
        err = mount_as(device, type->name);
        if (err != -EINVAL)
            return err;
    }
    return err;
}

static const char *reason_of(int err)
{
    switch (err) {
    case -ENODEV:
        return "no such type of file system here (rootfstype=)";
    case -EINVAL:
        return "no file system that is known here";
    case -ENOTBLK:
        return "not a disk";
    default:
        return error_text(err);
    }
}

/* List the devices for the error message: "vda vda1 vdb". */
static void list_disks(char *buf, size_t size)
{
    size_t used = 0;

    buf[0] = '\0';
    for (struct block_device *dev = block_next(NULL); dev; dev = block_next(dev))
        if (used < size)
            used += (size_t)snprintf(buf + used, size - used, " /dev/%s", dev->name);
}

void root_mount(void)
{
    const char *device = bootargs_get("root");
    const char *types = bootargs_get("rootfstype");
    char disks[128];
    int err;

    if (!device)
        return;
    err = types ? mount_as_one_of(device, types) : mount_as_any(device);
    if (err == 0) {
        (void)devfs_mount(); /* a root without /dev has none, as on Linux */
        return;
    }
    list_disks(disks, sizeof(disks));
    if (err == -ENOENT)
        log_err("root=%s: no such disk; disks here:%s", device, *disks != '\0' ? disks : " none");
    else
        log_err("root=%s cannot be mounted: %s", device, reason_of(err));
}
