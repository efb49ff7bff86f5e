/*
 * No terminals: what linux/process asks of linux/tty, for kernels without it, and a /dev/console that
 * only shows what is written.
 */
#include <base/errno.h>
#include <console/console.h>
#include <devfs/devfs.h>
#include <notty/notty.h>
#include <process/process.h>
#include <process/upcalls.h>

void tty_session_leader_exit(struct process *leader)
{
    (void)leader;
}

static ssize_t nothing_to_read(struct file *file, struct uio *uio, uint64_t *pos)
{
    (void)file;
    (void)uio;
    (void)pos;
    return 0;
}

static ssize_t show(struct file *file, struct uio *uio, uint64_t *pos)
{
    size_t done = 0, n;
    char chunk[128];

    (void)file;
    (void)pos;
    while ((n = uio_copy_from(uio, chunk, sizeof(chunk))) > 0) {
        console_write(chunk, n);
        done += n;
    }
    return uio_result(uio, done);
}

static const struct file_ops console_ops = {
    .read = nothing_to_read,
    .write = show,
    .is_stream = true,
};

#define CONSOLE_DEVICE DEVNO(5, 1)

static struct device_range console_range = {
    .name = "console",
    .mode_type = S_IFCHR,
    .first = CONSOLE_DEVICE,
    .nr = 1,
    .ops = &console_ops,
};

int notty_init(void)
{
    int err = device_range_register(&console_range);

    return err ? err : devfs_add("console", S_IFCHR | 0600, CONSOLE_DEVICE);
}
