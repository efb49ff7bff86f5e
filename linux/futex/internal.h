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

/* uapi/linux/futex.h: operations, flags, bits of the word. */
#define FUTEX_WAIT           0
#define FUTEX_WAKE           1
#define FUTEX_REQUEUE        3
#define FUTEX_CMP_REQUEUE    4
#define FUTEX_WAKE_OP        5
#define FUTEX_WAIT_BITSET    9
#define FUTEX_WAKE_BITSET    10
#define FUTEX_PRIVATE_FLAG   128
#define FUTEX_CLOCK_REALTIME 256
#define FUTEX_BITSET_ANY     0xffffffffu

#define FUTEX_WAITERS    0x80000000u
#define FUTEX_OWNER_DIED 0x40000000u
#define FUTEX_TID_MASK   0x3fffffffu

/* Wake up to nr waiters on a word of the caller's memory; is_private as FUTEX_PRIVATE_FLAG. */
int64_t futex_wake(uint64_t addr, bool is_private, uint32_t nr, uint32_t bits);

#endif
