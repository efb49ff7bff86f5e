/*
 * The first program, found as Linux does: rdinit= or /init of the initrd; else init= or the usual
 * places. Its arguments are what follows "--" on the command line, its environment HOME and TERM.
 */
#include <base/errno.h>
#include <bootargs/bootargs.h>
#include <exec/exec.h>
#include <file/fd_table.h>
#include <log/log.h>
#include <power/power.h>
#include <process/process.h>
#include <string/string.h>
#include <vfs/vfs.h>

#include "init.h"

#define NR_ARGS_MAX 32

/* Words that this kernel takes note of without a function of their own. */
static int note(const char *value)
{
    (void)value;
    return 0;
}
BOOTARG("init", note);

#define NOTED(word, name)                                                                          \
    static int name(const char *value)                                                             \
    {                                                                                              \
        (void)value;                                                                               \
        return 0;                                                                                  \
    }                                                                                              \
    BOOTARG(word, name)
NOTED("rdinit", note_rdinit);
NOTED("root", note_root);
NOTED("rootfstype", note_rootfstype);
NOTED("rw", note_rw);
NOTED("ro", note_ro);
NOTED("console", note_console);

static bool exists(const char *path)
{
    struct path found;

    if (vfs_lookup(&vfs_kernel_context, NULL, path, 0, &found) != 0)
        return false;
    path_put(&found);
    return true;
}

/* Splits in place at blanks. */
static unsigned split_words(char *text, const char **words, unsigned max)
{
    unsigned nr = 0;

    while (*text && nr < max) {
        while (*text == ' ')
            *text++ = '\0';
        if (!*text)
            break;
        words[nr++] = text;
        while (*text && *text != ' ')
            text++;
    }
    return nr;
}

/* 0 only in the sense that it does not return. */
static int try(const char *path)
{
    static char args[1024];
    static const char *argv[NR_ARGS_MAX + 2];
    static const char *const envp[] = {"HOME=/", "TERM=linux", NULL};
    unsigned nr;

    strlcpy(args, bootargs_init_args(), sizeof(args));
    argv[0] = path;
    nr = split_words(args, argv + 1, NR_ARGS_MAX);
    argv[nr + 1] = NULL;
    log_info("run %s as init process", path);
    return exec_kernel(path, argv, envp);
}

/* Descriptors 0, 1 and 2. Without /dev of its own, the initrd gets devtmpfs mounted there. */
static void open_console(void)
{
    struct file *file;
    int err;

    if (vfs_mkdir(&vfs_kernel_context, NULL, "/dev", 0755) != 0)
        log_debug("/dev is there");
    err = vfs_mount(&vfs_kernel_context, "devtmpfs", "/dev", "devtmpfs", 0, "");
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

/* The file system on root=, over the initrd's. */
static void mount_root(void)
{
    const char *device = bootargs_get("root");
    const char *type = bootargs_get("rootfstype");
    unsigned flags = bootargs_get("ro") ? MOUNT_READ_ONLY : 0;
    int err;

    if (!device)
        return;
    err = vfs_mount(&vfs_kernel_context, device, "/", type ? type : "vfat", flags, "");
    if (err)
        log_err("root=%s cannot be mounted: error %d; going on with the initrd", device, -err);
}

static void run(void *arg)
{
    static const char *const places[] = {"/sbin/init", "/etc/init", "/bin/init", "/bin/sh"};
    const char *wanted = bootargs_get("rdinit");
    int err = -ENOENT;

    (void)arg;
    open_console();
    if (!wanted && exists("/init"))
        wanted = "/init";
    if (wanted && exists(wanted)) {
        err = try(wanted);
        log_err("%s cannot be run: error %d", wanted, -err);
    }
    mount_root();
    wanted = bootargs_get("init");
    if (wanted) {
        err = try(wanted);
        log_err("init=%s cannot be run: error %d", wanted, -err);
        power_off();
    }
    for (unsigned i = 0; i < ARRAY_SIZE(places); i++) {
        if (exists(places[i]))
            err = try(places[i]);
    }
    log_err(
        "no program to run as init: give an initrd with /init or /bin/sh, or init=; powering off");
    power_off();
}

void init_start(void)
{
    if (process_start_init(run, NULL, &vfs_kernel_context.root) == 0)
        return;
    log_err("no memory for the first process; powering off");
    power_off();
}
