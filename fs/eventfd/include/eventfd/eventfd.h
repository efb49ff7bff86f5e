/*
 * A counter as an open file (eventfd(2)): a write adds to it, a read takes it, and both wake
 * pollers.
 */
#ifndef EVENTFD_EVENTFD_H
#define EVENTFD_EVENTFD_H

#include <file/file.h>

/*
 * Create an eventfd with one reference. is_semaphore: a read takes 1 instead of all. flags:
 * O_NONBLOCK. NULL: no memory. May sleep.
 */
struct file *eventfd_create(uint64_t count, bool is_semaphore, unsigned flags) MUST_CHECK;

#endif
