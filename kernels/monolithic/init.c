/*
 * The first program, found as Linux does: rdinit= or /init of the initrd; else init= or the usual
 * places. Its arguments are in words.c, a root on a disk in root.c.
 */
#include <base/errno.h>
#include <bootargs/bootargs.h>
#include <exec/exec.h>
#include <fd/fd.h>
#include <log/log.h>
#include <power/power.h>
#include <lifecycle/lifecycle.h>
#include <vfs/vfs.h>

#include "init.h"

const char *error_text(int err)
{
    switch (err) {
    case -ENOENT:
        return "no such file";
    case -EACCES:
        return "not an executable file";
    case -ENOEXEC:
        return "not a program for this machine";
    case -EISDIR:
        return "a folder";
    case -ENOTDIR:
        return "one of the folders before it is none";
    case -ELOOP:
        return "symbolic links that go in a circle";
    case -EIO:
        return "the disk reports an error";
    case -ENOMEM:
        return "no memory for it";
    default:
        return "the system refuses it";
    }
}

static bool exists(const char *path)
{
    struct path found;

    if (vfs_lookup(&vfs_kernel_context, NULL, path, 0, &found) != 0)
        return false;
    path_put(&found);
    return true;
}

/* Run the program. Returns only if that failed, after reporting why and what is tried `next`. */
static void try(const char *word, const char *path, const char *next)
{
    log_info("run %s as init process", path);
    int err = exec_kernel(path, init_arguments(path), init_environment());

    log_err("%s%s cannot be run: %s (error %d)%s", word, path, error_text(err), -err, next);
}

int devfs_mount(void)
{
    return vfs_mount(&vfs_kernel_context, "devtmpfs", "/dev", "devtmpfs", MOUNT_STAND_IN, "");
}

/* Open descriptors 0, 1 and 2. Without a /dev of its own the initrd gets devtmpfs mounted there. */
static void open_console(void)
{
    struct file *file;
    int err;

    if (vfs_mkdir(&vfs_kernel_context, NULL, "/dev", 0755) != 0)
        log_debug("/dev is there");
    err = devfs_mount();
    if (!err)
        err = vfs_open(&vfs_kernel_context, NULL, "/dev/console", O_RDWR, 0, &file);
    if (err) {
        log_warn("no console for init: /dev/console cannot be opened (error %d)", -err);
        return;
    }
    for (int i = 0; i < 3; i++) {
        file_get(file);
        if (fd_install(file, 0, false) < 0)
            file_put(file);
    }
    file_put(file);
}

static void run(void *arg)
{
    static const char *const places[] = {"/sbin/init", "/etc/init", "/bin/init", "/bin/sh"};
    const char *wanted = bootargs_get("rdinit");

    (void)arg;
    open_console();
    if (wanted && !exists(wanted))
        log_warn("rdinit=%s: no such file", wanted);
    /* An initrd with an init program is the root, even if that program cannot be run. */
    if (exists(wanted ? wanted : "/init"))
        try(wanted ? "rdinit=" : "", wanted ? wanted : "/init", "");
    else
        root_mount();
    wanted = bootargs_get("init");
    if (wanted && *wanted) {
        try("init=", wanted, "; powering off");
        power_off_failure();
    }
    for (unsigned i = 0; i < ARRAY_SIZE(places); i++)
        if (exists(places[i]))
            try("", places[i], "");
    log_err(
        "no program to run as init: give an initrd with /init or /bin/sh, or init=; powering off");
    power_off_failure();
}

void init_start(void)
{
    if (process_start_init(run, NULL, &vfs_kernel_context.root) == 0)
        return;
    log_err("no memory for the first process; powering off");
    power_off_failure();
}
