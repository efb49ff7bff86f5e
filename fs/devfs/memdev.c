/*
 * The memory devices of mem(4), null(4), full(4), random(4) and /dev/kmsg: major 1, minors as in
 * Linux's admin-guide/devices.txt.
 */
#include <base/errno.h>
#include <devfs/devfs.h>
#include <heap/heap.h>
#include <log/log.h>
#include <random/random.h>
#include <string/string.h>
#include <vfs/vfs.h>

#include "internal.h"

#define MEM_MAJOR 1

static ssize_t read_nothing(struct file *file, struct uio *uio, uint64_t *pos)
{
    (void)file;
    (void)uio;
    (void)pos;
    return 0;
}

static ssize_t write_anything(struct file *file, struct uio *uio, uint64_t *pos)
{
    size_t n = uio->nr_left;

    (void)file;
    (void)pos;
    uio_skip(uio, n);
    return (ssize_t)n;
}

static ssize_t read_zeros(struct file *file, struct uio *uio, uint64_t *pos)
{
    (void)file;
    (void)pos;
    return uio_result(uio, uio_zero(uio, uio->nr_left));
}

static int map_zeros(struct file *file, struct file_mapping *out)
{
    (void)file;
    *out = (struct file_mapping){.kind = FILE_MAPPING_ANONYMOUS};
    return 0;
}

static ssize_t write_full(struct file *file, struct uio *uio, uint64_t *pos)
{
    (void)file;
    (void)uio;
    (void)pos;
    return -ENOSPC;
}

static ssize_t read_random(struct file *file, struct uio *uio, uint64_t *pos)
{
    size_t nr_done = 0;
    uint8_t block[64];

    (void)file;
    (void)pos;
    while (uio->nr_left > 0 && !uio->has_fault) {
        size_t n = MIN(uio->nr_left, sizeof(block));

        random_bytes(block, n);
        nr_done += uio_copy_to(uio, block, n);
    }
    memset(block, 0, sizeof(block));
    return uio_result(uio, nr_done);
}

/* Mix in what programs write, without crediting any entropy. */
static ssize_t write_random(struct file *file, struct uio *uio, uint64_t *pos)
{
    size_t nr_done = 0;
    uint8_t block[64];

    (void)file;
    (void)pos;
    while (uio->nr_left > 0 && !uio->has_fault) {
        size_t n = uio_copy_from(uio, block, sizeof(block));

        random_add(block, n, 0);
        nr_done += n;
    }
    return uio_result(uio, nr_done);
}

/* ---- kmsg: each read returns one line, each write logs one ---- */

static ssize_t read_kmsg(struct file *file, struct uio *uio, uint64_t *pos)
{
    char line[512];
    uint64_t from = *pos;
    size_t n = log_read(&from, line, sizeof(line));

    (void)file;
    if (n == 0)
        return -EAGAIN;
    const char *end = memchr(line, '\n', n);
    size_t len = end ? (size_t)(end - line) + 1 : n;

    if (uio->nr_left < len)
        return -EINVAL;
    size_t nr_done = uio_copy_to(uio, line, len);

    if (nr_done == len)
        *pos = from - n + len;
    return uio_result(uio, nr_done);
}

static ssize_t write_kmsg(struct file *file, struct uio *uio, uint64_t *pos)
{
    char line[512];
    size_t total = uio->nr_left;
    size_t n = uio_copy_from(uio, line, sizeof(line) - 1);
    char *text = line;
    int level = LOG_WARN;

    (void)file;
    (void)pos;
    if (uio->has_fault)
        return -EFAULT;
    uio_skip(uio, uio->nr_left);
    while (n > 0 && line[n - 1] == '\n')
        n--;
    line[n] = '\0';
    /* Parse an optional "<level>" prefix, as syslog writes it. */
    if (line[0] == '<') {
        const char *end;
        uint64_t number;

        if (str_to_u64(line + 1, &end, 10, &number) == 0 && *end == '>') {
            level = (int)(number & 7);
            text = line + (end + 1 - line);
        }
    }
    log_print((enum log_level)level, "%s", text);
    return (ssize_t)total;
}

/* ---- the table ---- */

static const struct file_ops null_ops = {
    .read = read_nothing, .write = write_anything, .seek = seek_none};
static const struct file_ops zero_ops = {
    .read = read_zeros, .write = write_anything, .seek = seek_none, .mmap = map_zeros};
static const struct file_ops full_ops = {
    .read = read_zeros, .write = write_full, .seek = seek_none, .mmap = map_zeros};
static const struct file_ops random_ops = {
    .read = read_random, .write = write_random, .seek = seek_none};
static const struct file_ops kmsg_ops = {.read = read_kmsg, .write = write_kmsg};

static const struct memdev {
    const char *name;
    unsigned minor;
    uint32_t mode;
    const struct file_ops *ops;
} memdevs[] = {
    {"null", 3, 0666, &null_ops},      {"zero", 5, 0666, &zero_ops},
    {"full", 7, 0666, &full_ops},      {"random", 8, 0666, &random_ops},
    {"urandom", 9, 0666, &random_ops}, {"kmsg", 11, 0644, &kmsg_ops},
};

/* One range for the major: the minor picks the operations at open. */
static int memdev_open(struct file *file)
{
    for (size_t i = 0; i < ARRAY_SIZE(memdevs); i++) {
        if (memdevs[i].minor == DEVNO_MINOR(file_inode(file)->rdev)) {
            file->ops = memdevs[i].ops;
            return 0;
        }
    }
    return -ENXIO;
}

static const struct file_ops memdev_ops = {.open = memdev_open};
static struct device_range memdev_range = {.name = "mem",
                                           .mode_type = S_IFCHR,
                                           .first = DEVNO(MEM_MAJOR, 0),
                                           .nr = 256,
                                           .ops = &memdev_ops};

int memdev_init(void)
{
    int ret = device_range_register(&memdev_range);

    for (size_t i = 0; i < ARRAY_SIZE(memdevs) && ret == 0; i++)
        ret = devfs_add(memdevs[i].name, S_IFCHR | memdevs[i].mode,
                        DEVNO(MEM_MAJOR, memdevs[i].minor));
    return ret;
}
