/*
 * Pseudoterminals (pty(7)): a terminal, the slave, whose other side is an open file, the master.
 * Opening /dev/ptmx creates a pair; the slave appears as file N of every mounted devpts until the
 * master is closed.
 */
#include <arch/uaccess.h>
#include <devfs/devfs.h>
#include <file/ioctl.h>
#include <heap/heap.h>
#include <printf/printf.h>
#include <task/task.h>
#include <pseudofs/pseudofs.h>
#include <string/string.h>
#include <vfs/device.h>
#include <vfs/inode.h>
#include <vfs/magic.h>

#include "internal.h"

#define PTMX_DEVNO  DEVNO(5, 2)
#define PTS_MAJOR   136
#define NR_PTYS_MAX 256u
#define OUTPUT_SIZE 4096u

#define TIOCGPTN   0x80045430u
#define TIOCSPTLCK 0x40045431u
#define TIOCGPTLCK 0x80045439u

struct pty {
    struct tty slave;  /* first: freed by its last tty_put */
    unsigned index;    /* [I] */
    uint32_t uid, gid; /* [I] owner of the slave: the opener of the master */
    bool is_locked;    /* [a] until TIOCSPTLCK on the master */
    bool was_opened;   /* [a] set by the slave's first open: from then on its last close ends the
                          master's reads */
    struct mutex output_lock;
    /* Bytes from the slave to the master, by free-running counters. */
    uint32_t head GUARDED_BY(&output_lock);               /* [output_lock] */
    uint32_t tail GUARDED_BY(&output_lock);               /* [output_lock] */
    uint8_t output[OUTPUT_SIZE] GUARDED_BY(&output_lock); /* [output_lock] */
    struct wait_queue master_readers;
    struct wait_queue master_writers;
    struct poll_head master_poll;
};

static struct spinlock ptys_lock = SPINLOCK_INIT("ptys");
/* [ptys_lock] by index; NULL: free */
static struct pty *ptys[NR_PTYS_MAX] GUARDED_BY(&ptys_lock);

static struct pty *pty_of(struct tty *tty)
{
    return container_of(tty, struct pty, slave);
}

/* Count the bytes that the master has yet to read. */
static uint32_t nr_output(const struct pty *pty)
    NO_LOCK_CHECK("exact with the lock; without, a hint of when to look with it")
{
    /* Read the tail first, so that concurrent writes and reads cannot make the difference
     * negative. */
    uint32_t tail = __atomic_load_n(&pty->tail, __ATOMIC_ACQUIRE);

    return READ_ONCE(pty->head) - tail;
}

/* ---- the slave's driver ---- */

static size_t slave_room(struct tty *tty)
{
    return OUTPUT_SIZE - MIN(nr_output(pty_of(tty)), OUTPUT_SIZE);
}

static size_t slave_write(struct tty *tty, const char *bytes, size_t n)
{
    struct pty *pty = pty_of(tty);
    size_t nr_taken = 0;

    mutex_lock(&pty->output_lock);
    while (nr_taken < n && pty->head - pty->tail < OUTPUT_SIZE)
        pty->output[pty->head++ % OUTPUT_SIZE] = (uint8_t)bytes[nr_taken++];
    mutex_unlock(&pty->output_lock);
    wait_wake_all(&pty->master_readers);
    poll_notify(&pty->master_poll, POLLIN | POLLRDNORM);
    return nr_taken;
}

static void slave_was_read(struct tty *tty)
{
    struct pty *pty = pty_of(tty);

    wait_wake_all(&pty->master_writers);
    poll_notify(&pty->master_poll, POLLOUT | POLLWRNORM);
}

static void slave_has_drained(struct pty *pty)
{
    wait_wake_all(&pty->slave.writers);
    poll_notify(&pty->slave.poll, POLLOUT | POLLWRNORM);
}

static void slave_flush(struct tty *tty)
{
    struct pty *pty = pty_of(tty);

    mutex_lock(&pty->output_lock);
    pty->tail = pty->head;
    mutex_unlock(&pty->output_lock);
    slave_has_drained(pty);
}

static void slave_closed(struct tty *tty)
{
    struct pty *pty = pty_of(tty);

    wait_wake_all(&pty->master_readers);
    poll_notify(&pty->master_poll, POLLHUP);
}

static const struct tty_driver slave_driver = {.write = slave_write,
                                               .room = slave_room,
                                               .was_read = slave_was_read,
                                               .flush = slave_flush,
                                               .closed = slave_closed};

static int slave_open(struct file *file)
{
    unsigned index = DEVNO_MINOR(file_inode(file)->rdev);
    struct pty *pty = NULL;

    spin_lock(&ptys_lock);
    if (index < NR_PTYS_MAX && ptys[index]) {
        pty = ptys[index];
        tty_get(&pty->slave);
    }
    spin_unlock(&ptys_lock);
    if (!pty)
        return -ENXIO;
    int ret = -EIO;

    if (!READ_ONCE(pty->is_locked))
        ret = tty_open_file(file, &pty->slave);
    if (ret == 0) {
        WRITE_ONCE(pty->was_opened, true);
        tty_try_control(&pty->slave, file);
    }
    tty_put(&pty->slave);
    return ret;
}

/* ---- the master ---- */

static bool is_slave_gone(const struct pty *pty)
{
    return READ_ONCE(pty->was_opened) &&
           __atomic_load_n(&pty->slave.nr_files, __ATOMIC_ACQUIRE) == 0;
}

static ssize_t master_read(struct file *file, struct uio *uio, uint64_t *pos)
{
    struct pty *pty = file->private;
    size_t nr_done = 0;

    (void)pos;
    if (uio->nr_left == 0)
        return 0;
    mutex_lock(&pty->output_lock);
    while (pty->head == pty->tail) {
        mutex_unlock(&pty->output_lock);
        if (is_slave_gone(pty))
            return -EIO;
        if ((file->flags & O_NONBLOCK) != 0)
            return -EAGAIN;
        int ret = wait_event_interruptible(&pty->master_readers,
                                           nr_output(pty) != 0 || is_slave_gone(pty));

        if (ret != 0)
            return ret;
        mutex_lock(&pty->output_lock);
    }
    while (pty->tail != pty->head && uio->nr_left > 0 && !uio->has_fault) {
        uint32_t at = pty->tail % OUTPUT_SIZE;
        size_t n = uio_copy_to(uio, &pty->output[at], MIN(pty->head - pty->tail, OUTPUT_SIZE - at));

        pty->tail += (uint32_t)n;
        nr_done += n;
    }
    mutex_unlock(&pty->output_lock);
    slave_has_drained(pty);
    return uio_result(uio, nr_done);
}

static bool has_input_room(struct pty *pty)
{
    /* Read the tail first, so that concurrent typing and reads cannot make the difference
     * negative. */
    uint32_t tail = UNLOCKED(__atomic_load_n(&pty->slave.tail, __ATOMIC_ACQUIRE), "only a hint");
    uint32_t head = UNLOCKED(READ_ONCE(pty->slave.head), "only a hint");

    return head - tail < TTY_BUFFER_SIZE - 1;
}

static ssize_t master_write(struct file *file, struct uio *uio, uint64_t *pos)
{
    struct pty *pty = file->private;
    uint8_t chunk[64];
    size_t nr_done = 0;

    (void)pos;
    while (uio->nr_left > 0) {
        size_t n = uio_copy_from(uio, chunk, sizeof(chunk));
        size_t nr_sent = 0;

        if (uio->has_fault) /* a piece goes whole, as on Linux */
            break;
        while (nr_sent < n) {
            size_t nr_now = tty_receive(&pty->slave, chunk + nr_sent, n - nr_sent);

            nr_sent += nr_now;
            nr_done += nr_now;
            if (nr_sent == n)
                break;
            if ((file->flags & O_NONBLOCK) != 0)
                return nr_done > 0 ? (ssize_t)nr_done : -EAGAIN;
            int ret = wait_event_interruptible(&pty->master_writers, has_input_room(pty));

            if (ret != 0)
                return nr_done > 0 ? (ssize_t)nr_done : ret;
        }
        if (n == 0)
            break;
    }
    return uio_result(uio, nr_done);
}

static unsigned master_poll(struct file *file, struct poll_head **head)
{
    struct pty *pty = file->private;
    unsigned events = 0;

    if (head)
        *head = &pty->master_poll;
    if (nr_output(pty) != 0)
        events |= POLLIN | POLLRDNORM;
    if (has_input_room(pty))
        events |= POLLOUT | POLLWRNORM;
    if (is_slave_gone(pty))
        events |= POLLHUP;
    return events;
}

static long master_ioctl(struct file *file, unsigned cmd, uint64_t arg)
{
    struct pty *pty = file->private;
    int32_t value;

    switch (cmd) {
    case TIOCGPTN:
        value = (int32_t)pty->index;
        break;
    case TIOCGPTLCK:
        value = READ_ONCE(pty->is_locked);
        break;
    case FIONREAD:
        value = (int32_t)MIN(nr_output(pty), OUTPUT_SIZE);
        break;
    case TIOCSPTLCK:
        if (copy_from_user(&value, arg, sizeof(value)) != 0)
            return -EFAULT;
        WRITE_ONCE(pty->is_locked, value != 0);
        return 0;
    case TCFLSH: /* the master's input is the slave's output */
        if (arg > TCIOFLUSH)
            return -EINVAL;
        tty_flush(&pty->slave, arg != TCIFLUSH, arg != TCOFLUSH);
        return 0;
    default:
        return tty_ioctl(&pty->slave, file, cmd, arg);
    }
    return copy_to_user(arg, &value, sizeof(value));
}

static void master_release(struct file *file)
{
    struct pty *pty = file->private;

    spin_lock(&ptys_lock);
    ptys[pty->index] = NULL;
    spin_unlock(&ptys_lock);
    tty_hang_up(&pty->slave);
    tty_put(&pty->slave);
}

static const struct file_ops master_ops = {
    .read = master_read,
    .write = master_write,
    .poll = master_poll,
    .ioctl = master_ioctl,
    .release = master_release,
    .is_stream = true,
};

/* Allocate a pair and its index. */
static struct pty *pty_create(void)
{
    struct pty *pty = heap_zalloc(sizeof(*pty));
    unsigned index = 0;

    if (!pty)
        return NULL;
    tty_init(&pty->slave, &slave_driver, DEVNO(PTS_MAJOR, 0), "pts");
    pty->is_locked = true;
    pty->uid = cred_current()->fsuid;
    pty->gid = cred_current()->fsgid;
    mutex_init(&pty->output_lock);
    wait_queue_init(&pty->master_readers);
    wait_queue_init(&pty->master_writers);
    poll_head_init(&pty->master_poll);
    spin_lock(&ptys_lock);
    while (index < NR_PTYS_MAX && ptys[index])
        index++;
    pty->index = index;
    pty->slave.devno = DEVNO(PTS_MAJOR, index);
    if (index < NR_PTYS_MAX)
        ptys[index] = pty;
    spin_unlock(&ptys_lock);
    if (index == NR_PTYS_MAX) {
        heap_free(pty);
        return NULL;
    }
    snprintf(pty->slave.name, sizeof(pty->slave.name), "pts/%u", index);
    return pty;
}

static int ptmx_open(struct file *file)
{
    struct pty *pty = pty_create();

    if (!pty)
        return -ENOSPC;
    file->private = pty;
    file->ops = &master_ops;
    return 0;
}

static const struct file_ops ptmx_ops = {.open = ptmx_open, .is_stream = true};
static const struct file_ops pts_ops = {.open = slave_open, .is_stream = true};
static struct device_range ptmx_range = {
    .name = "/dev/ptmx", .mode_type = S_IFCHR, .first = PTMX_DEVNO, .nr = 1, .ops = &ptmx_ops};
static struct device_range pts_range = {.name = "pts",
                                        .mode_type = S_IFCHR,
                                        .first = DEVNO(PTS_MAJOR, 0),
                                        .nr = NR_PTYS_MAX,
                                        .ops = &pts_ops};

/* ---- devpts: the names of the slaves ---- */

static int slave_owner(const struct pseudo_object *object, uint32_t *uid, uint32_t *gid)
{
    int ret = -ESRCH;

    spin_lock(&ptys_lock);
    if (ptys[object->key]) {
        *uid = ptys[object->key]->uid;
        *gid = ptys[object->key]->gid;
        ret = 0;
    }
    spin_unlock(&ptys_lock);
    return ret;
}

static const struct pseudo_node slave_node = {.mode = S_IFCHR | 0620, .owner = slave_owner};
static const struct pseudo_node root_children[] = {{.name = NULL}};

static bool has_pty(unsigned index)
{
    return UNLOCKED(READ_ONCE(ptys[index]), "who opens the name looks again, locked");
}

static int root_lookup(const struct pseudo_object *dir, const char *name, size_t name_len,
                       struct pseudo_child *out)
{
    uint32_t index;

    (void)dir;
    if (pseudo_number(name, name_len, NR_PTYS_MAX, &index) != 0 || !has_pty(index))
        return -ENOENT;
    out->node = &slave_node;
    out->key = index;
    out->rdev = DEVNO(PTS_MAJOR, index);
    return 0;
}

static int root_iterate(const struct pseudo_object *dir, uint64_t *cursor, struct pseudo_child *out)
{
    uint64_t index = *cursor;

    (void)dir;
    while (index < NR_PTYS_MAX && !has_pty((unsigned)index))
        index++;
    if (index >= NR_PTYS_MAX)
        return -ENOENT;
    out->node = &slave_node;
    out->key = index;
    out->rdev = DEVNO(PTS_MAJOR, index);
    snprintf(out->name, sizeof(out->name), "%u", (unsigned)index);
    *cursor = index + 1;
    return 0;
}

static const struct pseudo_node root_node = {.name = "/",
                                             .mode = S_IFDIR | 0755,
                                             .children = root_children,
                                             .lookup = root_lookup,
                                             .iterate = root_iterate};

static int devpts_mount(const struct fs_type *type, const char *source, struct inode *device,
                        unsigned flags, const char *options, struct superblock **out)
{
    (void)source;
    (void)device;
    (void)flags;
    (void)options; /* mode= and gid= are ignored: the slave belongs to the opener of the master,
                      mode 0620 */
    return pseudofs_mount(type, &root_node, DEVPTS_MAGIC, out);
}

static const struct fs_type devpts_type = {.name = "devpts", .mount = devpts_mount};

int pty_boot(void)
{
    int ret = device_range_register(&ptmx_range);

    if (ret == 0)
        ret = fs_type_register(&devpts_type);

    if (ret == 0)
        ret = device_range_register(&pts_range);
    if (ret == 0)
        ret = devfs_add("ptmx", S_IFCHR | 0666, PTMX_DEVNO);
    return ret;
}
