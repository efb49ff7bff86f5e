/*
 * Resource limits (getrlimit(2)): their initial values, and the rules for changing them.
 *
 * A set of limits belongs to a process. Locking: the owner's (process_lock) around rlimit_set; a
 * soft limit is one word, which may be read without.
 */
#ifndef RLIMIT_RLIMIT_H
#define RLIMIT_RLIMIT_H

#include <abi/abi.h>

/* Set the limits of the first process, in a system with room for nr_threads_max threads. */
void rlimit_init(struct linux_rlimit limits[NR_RLIMITS], uint32_t nr_threads_max);

/* Validate a new limit. -EINVAL: no such limit, or soft above hard; -EPERM: above the system's
 * maximum. */
int rlimit_check(unsigned resource, const struct linux_rlimit *limit) MUST_CHECK;

/*
 * Set *slot to *limit, which was validated; the previous value goes to *old in any case. -EPERM:
 * the hard limit would rise, and may_raise (CAP_SYS_RESOURCE) is false.
 */
int rlimit_set(struct linux_rlimit *slot, const struct linux_rlimit *limit, bool may_raise,
               struct linux_rlimit *old) MUST_CHECK;

#endif
