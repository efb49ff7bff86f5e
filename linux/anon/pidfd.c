/*
 * Process descriptors: pidfd_open(2), pidfd_getfd(2). A pid can be reused, a descriptor always
 * names the same process. It polls readable once the process has ended.
 *
 * The file holds a reference to the process, which keeps its memory, not its life.
 */
#include <abi/syscalls.h>
#include <anon/pidfd.h>
#include <base/errno.h>
#include <fd/fd.h>
#include <string/string.h>
#include <task/task.h>

#define PIDFD_NONBLOCK O_NONBLOCK

static unsigned pidfd_poll(struct file *file, struct poll_head **head)
{
    struct process *p = file->private;
    enum process_state state = UNLOCKED(READ_ONCE(p->state), "who polls is woken when it changes");

    if (head)
        *head = &p->exit_poll;
    if (state == PROCESS_DEAD)
        return POLLIN | POLLRDNORM | POLLHUP;
    return state == PROCESS_ZOMBIE ? POLLIN | POLLRDNORM : 0;
}

static void pidfd_release(struct file *file)
{
    process_put(file->private);
}

static int pidfd_describe(struct file *file, char *buf, size_t size)
{
    (void)file;
    return (int)strlcpy(buf, "anon_inode:[pidfd]", size);
}

static const struct file_ops pidfd_ops = {
    .poll = pidfd_poll, .release = pidfd_release, .describe = pidfd_describe, .is_stream = true};

static struct file *pidfd_file(struct process *p, bool is_nonblocking)
{
    struct file *file = file_alloc(&pidfd_ops, O_RDWR | (is_nonblocking ? PIDFD_NONBLOCK : 0));

    if (file) {
        process_get(p);
        file->private = p;
    }
    return file;
}

int pidfd_reserve(struct process *p, struct file **file)
{
    int fd;

    *file = pidfd_file(p, false);
    if (!*file)
        return -ENOMEM;
    fd = fd_install(NULL, 0, true);
    if (fd < 0)
        file_put(*file);
    return fd;
}

void pidfd_publish(int fd, struct file *file)
{
    fd_fill(fd, file);
}

void pidfd_withdraw(int fd, struct file *file)
{
    fd_fill(fd, NULL);
    file_put(file);
}

int pidfd_process(int fd, struct process **out, bool *is_nonblocking)
{
    struct fd_ref ref;
    int ret = fd_ref_get(fd, &ref);

    if (ret != 0)
        return ret;
    if (ref.file->ops == &pidfd_ops) {
        *out = ref.file->private;
        process_get(*out);
        *is_nonblocking = (ref.file->flags & PIDFD_NONBLOCK) != 0;
    } else {
        ret = -EBADF;
    }
    fd_ref_put(&ref);
    return ret;
}

int64_t sys_pidfd_open(pid_t pid, unsigned flags)
{
    int ret = -ESRCH;

    if ((flags & ~(unsigned)PIDFD_NONBLOCK) != 0 || pid <= 0)
        return -EINVAL;
    unsigned long irq = spin_lock_irqsave(&process_lock);
    struct process *p = process_find(pid);

    if (p)
        process_get(p);
    else if (user_thread_find(pid))
        ret = -EINVAL; /* a thread other than the leader */
    spin_unlock_irqrestore(&process_lock, irq);
    if (!p)
        return ret;
    struct file *file = pidfd_file(p, (flags & PIDFD_NONBLOCK) != 0);

    process_put(p);
    return file ? fd_install_or_put(file, true) : -ENOMEM;
}

int64_t sys_pidfd_getfd(int pidfd, int fd, unsigned flags)
{
    struct process *p;
    bool is_nonblocking;
    int64_t ret;

    if (flags != 0)
        return -EINVAL;
    ret = pidfd_process(pidfd, &p, &is_nonblocking);
    if (ret != 0)
        return ret;
    struct file *file;
    unsigned long irq = spin_lock_irqsave(&process_lock);
    bool may_take = process_may_inspect(p, false);

    spin_unlock_irqrestore(&process_lock, irq);
    ret = may_take ? fd_of_process(p, fd, &file) : -EPERM;
    if (ret == 0)
        ret = fd_install_or_put(file, true);
    process_put(p);
    return ret;
}
