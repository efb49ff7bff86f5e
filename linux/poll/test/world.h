/*
 * Shared by the tests of linux/poll: files whose events the test decides.
 */
#ifndef LINUX_POLL_TEST_WORLD_H
#define LINUX_POLL_TEST_WORLD_H

#include "../../task/test/world.h"

#include <abi/syscalls.h>
#include <fd/fd.h>
#include <pending/pending.h>

struct source {
    struct poll_head head;
    unsigned events;
};

static inline unsigned source_poll(struct file *file, struct poll_head **head)
{
    struct source *source = file->private;

    if (head != NULL)
        *head = &source->head;
    return source->events;
}

static const struct file_ops source_ops = {.poll = source_poll, .is_stream = true};

/* A descriptor of a file that has these events. */
static inline int source_open(struct source *source, unsigned events)
{
    struct file *file = file_alloc(&source_ops, O_RDWR);

    assert_non_null(file);
    poll_head_init(&source->head);
    source->events = events;
    file->private = source;
    return fd_install_or_put(file, false);
}

/* It has them from now on and tells who listens. */
static inline void source_set(struct source *source, unsigned events)
{
    source->events = events;
    poll_notify(&source->head, events);
}

static inline void close_all(void)
{
    for (int fd; (fd = fd_table_next(process_current()->files, 0, NULL)) >= 0;)
        assert_int_equal(fd_close(fd), 0);
}

/* A signal that the program has a handler for, as if another had sent it. */
static inline void send_signal(int signal)
{
    ASSUME_UNSHARED(&process_lock, "one thread runs");
    process_current()->actions[signal - 1].handler = 0x10000;
    assert_int_equal(signal_send_thread_locked(user_current(), signal, NULL), 0);
}

static inline void drop_signals(void)
{
    struct user_thread *ut = user_current();

    ASSUME_UNSHARED(&process_lock, "one thread runs");
    pending_flush(&ut->pending, ~0ull);
    thread_work_clear(~0u);
}

#endif
