/*
 * Shared by the tests of linux/file: the calls with C pointers, and files to work on.
 */
#ifndef LINUX_FILE_TEST_WORLD_H
#define LINUX_FILE_TEST_WORLD_H

#include "../../task/test/world.h"

#include <abi/syscalls.h>
#include <fifo/fifo.h>
#include <pipe/pipe.h>

static inline int file_world_init(void **state)
{
    (void)state;
    return program_world_init() != 0 || pipe_init() != 0 || fifo_init() != 0 ? -1 : 0;
}

/* The lowest free descriptor, which the test knows. */
static inline int64_t open_file(const char *name, unsigned flags)
{
    return sys_openat(AT_FDCWD, USER(name), flags, 0644);
}

/* No test leaves a descriptor or a signal behind. */
static inline int nothing_is_left(void **state)
{
    struct user_thread *ut = user_current();

    (void)state;
    assert_int_equal(fd_table_next(process_current()->files, 0, NULL), -1);
    assert_int_equal(UNLOCKED(ut->pending.set, "one thread runs"), 0);
    return 0;
}

#endif
