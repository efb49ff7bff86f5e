/*
 * Damaged FAT12 images: the input is a list of changes to the first 16 KiB of a good one, which is
 * then used in all the ways that users have. Nothing may crash, loop, or keep memory.
 */
#include "disk.h"

#include <prng/prng.h>

#define CTX        (&vfs_kernel_context)
#define IMAGE_SIZE 65536
#define NR_SECTORS (IMAGE_SIZE / 512)

/* Boot sector, two tables of one sector each, 16 root entries in one sector, data from sector 4. */
static void make_good(uint8_t *image)
{
    static const uint8_t bpb[] = {0xeb,
                                  0x3c,
                                  0x90,
                                  'T',
                                  'R',
                                  'I',
                                  'N',
                                  'E',
                                  ' ',
                                  ' ',
                                  ' ',
                                  0,
                                  2,
                                  1,
                                  1,
                                  0,
                                  2,
                                  16,
                                  0,
                                  NR_SECTORS & 255,
                                  NR_SECTORS >> 8,
                                  0xf8,
                                  1,
                                  0};

    memset(image, 0, IMAGE_SIZE);
    memcpy(image, bpb, sizeof(bpb));
    image[510] = 0x55;
    image[511] = 0xaa;
    for (int table = 0; table < 2; table++)
        memcpy(image + 512 * (table + 1), "\xf8\xff\xff", 3);
}

static bool use_entry(struct dir_sink *sink, const char *name, size_t name_len, uint64_t ino,
                      unsigned dt_type, uint64_t pos);

struct user {
    struct dir_sink sink;
    const char *dir;
    unsigned nr;
    char names[8][NAME_MAX + 1];
};

static bool use_entry(struct dir_sink *sink, const char *name, size_t name_len, uint64_t ino,
                      unsigned dt_type, uint64_t pos)
{
    struct user *user = container_of(sink, struct user, sink);

    (void)ino, (void)dt_type, (void)pos;
    if (user->nr < 8 && strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
        memcpy(user->names[user->nr], name, name_len);
        user->names[user->nr++][name_len] = '\0';
    }
    return true;
}

static void use_file(const char *path, unsigned i)
{
    static char data[3000];
    struct file *file;

    if (vfs_open(CTX, NULL, path, O_RDWR, 0, &file) == 0) {
        (void)!file_pread(file, data, sizeof(data), 0);
        (void)!file_pwrite(file, data, 100, 1000 * i);
        (void)file_truncate(file, 700);
        file_put(file);
    }
}

static void use_dir(const char *dir)
{
    struct user user = {.sink.emit = use_entry, .dir = dir};
    struct file *file;
    char path[300], other[300];

    if (vfs_open(CTX, NULL, dir, O_RDONLY | O_DIRECTORY, 0, &file) != 0)
        return;
    (void)file_iterate(file, &user.sink);
    file_put(file);
    for (unsigned i = 0; i < user.nr; i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, user.names[i]);
        snprintf(other, sizeof(other), "/mnt/dir/new name %u", i);
        use_file(path, i);
        if (i % 3 == 0)
            (void)vfs_rename(CTX, NULL, path, NULL, other, 0);
        if (i % 3 == 1)
            (void)vfs_unlink(CTX, NULL, path);
        if (i % 3 == 2)
            (void)vfs_rmdir(CTX, NULL, path);
    }
}

static void build(void)
{
    static char data[2000];
    struct file *file;

    if (disk_mount() != 0 || vfs_mkdir(CTX, NULL, "/mnt/dir", 0777) != 0 ||
        vfs_mkdir(CTX, NULL, "/mnt/dir/below", 0777) != 0)
        abort();
    for (int i = 0; i < 4; i++) {
        char path[64];

        snprintf(path, sizeof(path), "/mnt/%sa file number %d", i % 2 ? "dir/" : "", i);
        if (vfs_open(CTX, NULL, path, O_CREAT | O_WRONLY, 0666, &file) != 0)
            abort();
        (void)!file_write(file, data, sizeof(data));
        file_put(file);
    }
    if (disk_unmount() != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t good[IMAGE_SIZE];
    static bool is_ready;

    if (!is_ready) {
        make_good(good);
        disk_set(good, IMAGE_SIZE);
        if (disk_system_init() != 0)
            abort();
        build();
        memcpy(good, disk_data, IMAGE_SIZE);
        log_set_level(0);
        is_ready = true;
    }
    memcpy(disk_data, good, IMAGE_SIZE);
    for (size_t i = 0; i + 2 < size; i += 3)
        disk_data[(data[i] | data[i + 1] << 8) % 16384] = data[i + 2];
    if (disk_mount() == 0) {
        use_dir("/mnt");
        use_dir("/mnt/dir");
        use_dir("/mnt/dir/below");
        (void)vfs_mkdir(CTX, NULL, "/mnt/dir/one more", 0777);
        (void)vfs_sync();
        if (disk_unmount() != 0)
            abort(); /* somebody kept a reference */
    }
    return 0;
}
