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
    uint16_t revents; /* not the answer: what the program had here before the call */
};

struct poll_set {
    unsigned nr;
    uint16_t unasked; /* events that count for each, asked for or not */
    struct linux_pollfd *polls;
    uint16_t *answers;
};

/* Waits until a file of the set is ready: the number ready; 0: the time is over; -ENOMEM, -EINTR.
 */
int poll_wait_any(const struct fd_view *view, const struct poll_set *set, uint64_t deadline_ns);
/* After mask_for_call: see wait.c. */
int64_t poll_call_over(int64_t ret, uint64_t uts, uint64_t deadline_ns);

/* What holds of the descriptor now. */
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
 * What a look at the files is to the program: where none is ready, a signal ends the call, also one
 * that does not wait. It would stay behind the mask otherwise that the call was to take it with.
 */
static inline int nr_ready_or_signal(int nr_ready)
{
    return nr_ready == 0 && signal_is_pending() ? -EINTR : nr_ready;
}

#endif
