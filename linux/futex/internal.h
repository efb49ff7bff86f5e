/*
 * Shared by the files of linux/futex only.
 */
#ifndef FUTEX_INTERNAL_H
#define FUTEX_INTERNAL_H

#include <abi/syscalls.h>
#include <arch/uaccess.h>
#include <base/errno.h>
#include <futex/exit.h>
#include <pending/pending.h>
#include <task/task.h>
#include <vspace/vspace.h>

/* Wake up to nr waiters on a word of the caller's memory; is_private as FUTEX_PRIVATE_FLAG. */
int64_t futex_wake(uint64_t addr, bool is_private, uint32_t nr, uint32_t bits);

#endif
