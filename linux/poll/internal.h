/*
 * Shared by the files of linux/poll only.
 */
#ifndef POLL_INTERNAL_H
#define POLL_INTERNAL_H

#include <abi/abi.h>
#include <base/errno.h>
#include <fd/fd.h>
#include <pending/pending.h>
#include <task/task.h>

/* Apply the signal mask argument of ppoll and relatives, if given: signal_mask_for_call(). */
int mask_of_user(uint64_t umask, uint64_t size) MUST_CHECK;
MUST_CHECK static inline int mask_for_call(uint64_t umask, uint64_t size)
{
    return umask == 0 ? 0 : mask_of_user(umask, size);
}

/* Convert an optional relative timespec to a monotonic deadline; TIME_NEVER for none. */
int deadline_of_user(uint64_t uts, uint64_t *deadline_ns) MUST_CHECK;

#endif
