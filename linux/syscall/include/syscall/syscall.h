/*
 * The system-call table: see linux/syscall/table.h, one page.
 */
#ifndef SYSCALL_SYSCALL_H
#define SYSCALL_SYSCALL_H

#include <base/types.h>

/* The name of a call, or NULL for a number that Linux does not have. */
const char *syscall_name(uint64_t number);

#endif
