/*
 * Shared by the files of ppoll and pselect6 only: poll.c, select.c, wait.c (what they have in
 * common).
 */
#ifndef POLL_POLL_H
#define POLL_POLL_H

#include "internal.h"

/* uapi/asm-generic/poll.h, struct pollfd */
struct linux_pollfd {
    int32_t fd;
    uint16_t events;
    uint16_t revents; /* what the program had here before the call, not the result */
};

struct poll_set {
    unsigned nr;
    uint16_t unasked; /* events reported for each, wanted or not */
    struct linux_pollfd *polls;
    uint16_t *answers;
};

/* Wait until a file of the set is ready. Returns the number ready; 0: timed out; -ENOMEM,
 * -EINTR. */
int poll_wait_any(const struct fd_view *view, const struct poll_set *set, uint64_t deadline_ns);
/* End a call that applied a mask: see wait.c. */
int64_t poll_call_over(int64_t ret, uint64_t uts, uint64_t deadline_ns);

/* Poll the descriptor: its present events. */
static inline unsigned poll_ask(const struct fd_view *view, int fd)
{
    struct file *file = fd_view_get(view, fd);
    unsigned events;

    if (unlikely(!file))
        return POLLNVAL;
    if (likely(file->ops->poll))
        events = file->ops->poll(file, NULL);
    else
        events = (file->flags & O_PATH) != 0 ? POLLNVAL : file_poll(file, NULL);
    fd_view_put(view, file);
    return events;
}

/*
 * Return -EINTR if no file is ready and a signal is pending, also for a call that does not wait:
 * restoring the mask would block again a signal that the call's mask lets through.
 */
static inline int nr_ready_or_signal(int nr_ready)
{
    return nr_ready == 0 && signal_is_pending() ? -EINTR : nr_ready;
}

#endif
