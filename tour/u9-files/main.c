/*
 * u9: the same steps on two file systems, through one interface.
 *
 * The root is a ramfs: names and bodies live in memory. A FAT disk is mounted at /disk. Each step
 * is done in both, and must end in the same way, also the ones that must fail. At the end both
 * trees are walked side by side and compared; what is on the disk is then checked on the host, by
 * fsck.fat and mtools.
 */
#include <app/app.h>
#include <base/errno.h>
#include <blockdev/blockdev.h>
#include <console/console.h>
#include <fat/fat.h>
#include <printf/printf.h>
#include <ramfs/ramfs.h>
#include <string/string.h>
#include <vfs/vfs.h>

#define CONTEXT  (&vfs_kernel_context)
#define MAX_PATH 200

static void say(const char *format, ...) PRINTF_LIKE(1, 2);
static void say(const char *format, ...)
{
    char line[300];
    va_list args;

    va_start(args, format);
    int length = vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    console_write(line, (size_t)MIN(length, (int)sizeof(line) - 1));
}

/* ---- the steps ---- */

enum action { MAKE_DIR, WRITE, APPEND_200, RENAME, REMOVE_FILE, REMOVE_DIR };

struct step {
    enum action action;
    const char *path;
    const char *argument; /* a body, or the new name */
    int result;
};

static const struct step steps[] = {
    {MAKE_DIR, "/Music", NULL, 0},
    {MAKE_DIR, "/Attic", NULL, 0},
    {MAKE_DIR, "/Attic/Old", NULL, 0},
    {MAKE_DIR, "/Attic", NULL, -EEXIST},
    {WRITE, "/Attic/Old/Ode.txt", "", 0},
    {APPEND_200, "/Attic/Old/Ode.txt", "Freude, sch\xc3\xb6ner G\xc3\xb6tterfunken\n", 0},
    {RENAME, "/Attic/Old", "/Attic/Old/deeper", -EINVAL}, /* no directory below itself */
    {RENAME, "/Attic/Old", "/Music/Old", 0},              /* across directories, ".." follows */
    {RENAME, "/Music/Old/Ode.txt", "/Music/Old/Ode to Joy.txt", 0},
    {REMOVE_DIR, "/Music", NULL, -ENOTEMPTY},
    {REMOVE_DIR, "/Attic", NULL, 0},
    {WRITE, "/Music/a rather long name.txt", "first", 0},
    {WRITE, "/replacement", "overwritten", 0},
    {RENAME, "/replacement", "/Music/a rather long name.txt", 0}, /* in place of what is there */
};

static int write_file(const char *path, const char *body, unsigned times, unsigned flags)
{
    struct file *file;
    int ret = vfs_open(CONTEXT, NULL, path, O_WRONLY | O_CREAT | flags, 0644, &file);

    if (ret != 0)
        return ret;
    for (size_t length = strlen(body); times > 0 && length > 0 && ret >= 0; times--)
        ret = (int)file_write(file, body, length);
    file_put(file);
    return MIN(ret, 0);
}

static int perform(const struct step *step, const char *root)
{
    char path[MAX_PATH], other[MAX_PATH];

    snprintf(path, sizeof(path), "%s%s", root, step->path);
    switch (step->action) {
    case MAKE_DIR:
        return vfs_mkdir(CONTEXT, NULL, path, 0755);
    case WRITE:
        return write_file(path, step->argument, 1, O_TRUNC);
    case APPEND_200:
        return write_file(path, step->argument, 200, O_APPEND);
    case RENAME:
        snprintf(other, sizeof(other), "%s%s", root, step->argument);
        return vfs_rename(CONTEXT, NULL, path, NULL, other, 0);
    case REMOVE_FILE:
        return vfs_unlink(CONTEXT, NULL, path);
    default:
        return vfs_rmdir(CONTEXT, NULL, path);
    }
}

static int perform_all(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(steps); i++) {
        int in_memory = perform(&steps[i], "/memory"), on_disk = perform(&steps[i], "/disk");

        if (in_memory != steps[i].result || on_disk != steps[i].result) {
            say("u9: step %u, %s: %d in memory, %d on the disk, wanted %d\n", i, steps[i].path,
                in_memory, on_disk, steps[i].result);
            return -EPROTO;
        }
    }
    return 0;
}

/* ---- comparing the trees ---- */

static int compare_bodies(const char *in_memory, const char *on_disk)
{
    static char a[4096], b[4096];
    struct file *fa, *fb;
    ssize_t na, nb;
    int ret = vfs_open(CONTEXT, NULL, in_memory, O_RDONLY, 0, &fa);

    if (ret != 0)
        return ret;
    ret = vfs_open(CONTEXT, NULL, on_disk, O_RDONLY, 0, &fb);
    if (ret == 0) {
        do {
            na = file_read(fa, a, sizeof(a));
            nb = file_read(fb, b, sizeof(b));
        } while (na > 0 && na == nb && memcmp(a, b, (size_t)na) == 0);
        ret = na == 0 && nb == 0 ? 0 : -EPROTO;
        file_put(fb);
    }
    file_put(fa);
    return ret;
}

/* The names of one directory. A directory is locked while it is read: what is done with them comes
 * after. */
struct names {
    struct dir_sink sink;
    size_t length;
    unsigned count;
    char text[MAX_PATH]; /* each with its type before and a NUL behind it */
};

static bool take_name(struct dir_sink *sink, const char *name, size_t name_len, uint64_t ino,
                      unsigned dt_type, uint64_t pos)
{
    struct names *names = container_of(sink, struct names, sink);

    (void)ino;
    (void)pos;
    if (name[0] == '.')
        return true;
    if (names->length + name_len + 2 > sizeof(names->text))
        return false;
    names->text[names->length++] = dt_type == DT_DIR ? 'd' : 'f';
    memcpy(names->text + names->length, name, name_len);
    names->length += name_len;
    names->text[names->length++] = '\0';
    names->count++;
    return true;
}

static int read_dir(const char *root, const char *path, struct names *names)
{
    char full[MAX_PATH + 8];
    struct file *file;
    int ret;

    *names = (struct names){.sink.emit = take_name};
    snprintf(full, sizeof(full), "%s%s", root, path);
    ret = vfs_open(CONTEXT, NULL, full, O_RDONLY | O_DIRECTORY, 0, &file);
    if (ret != 0)
        return ret;
    ret = file_iterate(file, &names->sink);
    file_put(file);
    return ret;
}

/* All that is in memory is on the disk, and the disk has no more names than that. */
static int compare_dirs(const char *path, unsigned *nr_names)
{
    struct names memory, disk;
    int ret = read_dir("/memory", path, &memory);

    if (ret == 0)
        ret = read_dir("/disk", path, &disk);
    if (ret == 0 && memory.count != disk.count)
        ret = -EPROTO;
    *nr_names += memory.count;
    for (size_t at = 0; ret == 0 && at < memory.length; at += strlen(memory.text + at) + 1) {
        char below[MAX_PATH], in_memory[MAX_PATH + 8], on_disk[MAX_PATH + 8];

        snprintf(below, sizeof(below), "%s/%s", path, memory.text + at + 1);
        snprintf(in_memory, sizeof(in_memory), "/memory%s", below);
        snprintf(on_disk, sizeof(on_disk), "/disk%s", below);
        ret = memory.text[at] == 'd' ? compare_dirs(below, nr_names)
                                     : compare_bodies(in_memory, on_disk);
    }
    return ret;
}

/* ---- the machine ---- */

/* A file system needs a root, a mount point, and a file that stands for the disk. */
static int mount_all(void)
{
    const struct block_device *disk = block_next(NULL);
    int ret;

    if (!disk) {
        say("u9: no disk\n");
        return -ENODEV;
    }
    ret = vfs_init();
    if (ret == 0)
        ret = ramfs_init();
    if (ret == 0)
        ret = fat_init();
    if (ret == 0)
        ret = vfs_mount_root("rootfs", "rootfs", 0, "");
    if (ret == 0)
        ret = vfs_mkdir(CONTEXT, NULL, "/memory", 0755);
    if (ret == 0)
        ret = vfs_mkdir(CONTEXT, NULL, "/disk", 0755);
    if (ret == 0)
        ret = vfs_mknod(CONTEXT, NULL, "/vda", S_IFBLK | 0600, DEVNO(disk->major, disk->minor));
    if (ret == 0)
        ret = vfs_mount(CONTEXT, "/vda", "/disk", "vfat", 0, "");
    return ret;
}

static int compare_trees(void)
{
    unsigned nr_names = 0;
    int ret = compare_dirs("", &nr_names);

    if (ret == 0)
        say("%u names compared\n", nr_names);
    return ret;
}

int app_main(void)
{
    int ret = mount_all();

    if (ret == 0)
        ret = perform_all();
    if (ret == 0)
        ret = compare_trees();
    /* Once more from the disk alone: nothing of it is in the caches after this. */
    if (ret == 0)
        ret = vfs_unmount(CONTEXT, "/disk", false);
    if (ret == 0)
        ret = vfs_mount(CONTEXT, "/vda", "/disk", "vfat", 0, "");
    if (ret == 0)
        ret = compare_trees();
    if (ret == 0)
        ret = vfs_unmount(CONTEXT, "/disk", false);
    if (ret != 0) {
        say("u9: error %d\n", -ret);
        return ret;
    }
    say("u9: ramfs and FAT agree on %u steps; the same tree on both\n",
        (unsigned)ARRAY_SIZE(steps));
    return 0;
}
