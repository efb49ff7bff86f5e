/*
 * signalfd4(2): a descriptor that reads the caller's pending signals, as sigtimedwait(2) takes
 * them.
 *
 * A signalfd shows the signals of the thread that reads or polls it, not of the one that made it.
 * All signalfds share one poll head (signal_poll): a process polled through a signalfd may exit
 * before the file is closed.
 */
#include <abi/syscalls.h>
#include <arch/uaccess.h>
#include <base/errno.h>
#include <fd/fd.h>
#include <heap/heap.h>
#include <pending/pending.h>
#include <string/string.h>

struct signalfd {
    sigset64_t mask; /* [a] */
};

/* uapi/linux/signalfd.h */
struct signalfd_info {
    uint32_t signo;
    int32_t error, code;
    uint32_t pid, uid;
    int32_t fd;
    uint32_t timer_id, band, overrun, trap;
    int32_t status, int_value;
    uint64_t pointer, utime, stime, addr;
    uint8_t pad[48];
};
_Static_assert(sizeof(struct signalfd_info) == 128, "struct signalfd_siginfo");

static bool is_ready(const struct signalfd *sfd)
{
    sigset64_t mask = __atomic_load_n(&sfd->mask, __ATOMIC_RELAXED);

    return (signal_pending_set(user_current()) & mask) != 0;
}

static void translate(const struct linux_siginfo *in, struct signalfd_info *out)
{
    *out =
        (struct signalfd_info){.signo = (uint32_t)in->signo, .error = in->error, .code = in->code};
    if (in->code == SI_TIMER) {
        out->timer_id = (uint32_t)in->timer.timer_id;
        out->overrun = (uint32_t)in->timer.overrun;
        out->pointer = in->timer.value;
        out->int_value = (int32_t)in->timer.value;
    } else if (in->code > 0 && in->code != SI_KERNEL && in->signo != SIGCHLD) {
        out->addr = in->fault.addr;
    } else {
        out->pid = (uint32_t)in->child.pid;
        out->uid = in->child.uid;
        if (in->signo == SIGCHLD) {
            out->status = in->child.status;
            out->utime = (uint64_t)in->child.utime;
            out->stime = (uint64_t)in->child.stime;
        } else if (in->code < 0) {
            out->pointer = in->queue.value;
            out->int_value = (int32_t)in->queue.value;
        }
    }
}

/* Wait for the first signal, then take those that are already pending. */
static ssize_t signalfd_read(struct file *file, struct uio *uio, uint64_t *pos)
{
    struct signalfd *sfd = file->private;
    ssize_t nr_done = 0;

    (void)pos;
    if (uio->nr_left < sizeof(struct signalfd_info))
        return -EINVAL;
    while (uio->nr_left >= sizeof(struct signalfd_info)) {
        struct linux_siginfo info;
        struct signalfd_info out;

        if (!signal_take(__atomic_load_n(&sfd->mask, __ATOMIC_RELAXED), &info)) {
            if (nr_done > 0)
                break;
            if ((file->flags & O_NONBLOCK) != 0)
                return -EAGAIN;
            int ret = wait_event_interruptible(&process_current()->signal_queue, is_ready(sfd));

            if (ret != 0)
                return ret;
            continue;
        }
        translate(&info, &out);
        if (uio_copy_to(uio, &out, sizeof(out)) != sizeof(out))
            return nr_done > 0 ? nr_done : -EFAULT;
        nr_done += (ssize_t)sizeof(out);
    }
    return nr_done;
}

static unsigned signalfd_poll(struct file *file, struct poll_head **head)
{
    if (head)
        *head = &signal_poll;
    return is_ready(file->private) ? POLLIN | POLLRDNORM : 0;
}

static void signalfd_release(struct file *file)
{
    heap_free(file->private);
}

static int signalfd_describe(struct file *file, char *buf, size_t size)
{
    (void)file;
    return (int)strlcpy(buf, "anon_inode:[signalfd]", size);
}

static const struct file_ops signalfd_ops = {.read = signalfd_read,
                                             .poll = signalfd_poll,
                                             .release = signalfd_release,
                                             .describe = signalfd_describe,
                                             .is_stream = true};

static int64_t signalfd_make(sigset64_t mask, unsigned flags)
{
    struct signalfd *sfd = heap_zalloc(sizeof(*sfd));
    struct file *file = sfd ? file_alloc(&signalfd_ops, O_RDWR | (flags & O_NONBLOCK)) : NULL;

    if (!file) {
        heap_free(sfd);
        return -ENOMEM;
    }
    sfd->mask = mask;
    file->private = sfd;
    return fd_install_or_put(file, (flags & O_CLOEXEC) != 0);
}

int64_t sys_signalfd4(int fd, vaddr_t umask, size_t mask_size, unsigned flags)
{
    struct fd_ref ref;
    sigset64_t mask;

    if ((flags & ~(unsigned)(O_CLOEXEC | O_NONBLOCK)) != 0 || mask_size != sizeof(mask))
        return -EINVAL;
    if (copy_from_user(&mask, umask, sizeof(mask)) != 0)
        return -EFAULT;
    mask &= ~(SIGSET(SIGKILL) | SIGSET(SIGSTOP));
    if (fd == -1)
        return signalfd_make(mask, flags);
    int64_t ret = fd_ref_get(fd, &ref);

    if (ret != 0)
        return ret;
    if (ref.file->ops == &signalfd_ops) {
        struct signalfd *sfd = ref.file->private;

        __atomic_store_n(&sfd->mask, mask, __ATOMIC_RELAXED);
        wait_wake_all(&process_current()->signal_queue);
        poll_notify(&signal_poll, POLLIN | POLLRDNORM);
        ret = fd;
    } else {
        ret = -EINVAL;
    }
    fd_ref_put(&ref);
    return ret;
}
