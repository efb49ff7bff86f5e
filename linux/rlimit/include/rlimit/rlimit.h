/*
 * Resource limits (getrlimit(2)): what a system starts with, and who may change one to what.
 *
 * A set of limits belongs to a process. Locking: the owner's (process_lock) around rlimit_set; a
 * soft limit is one word, which may be read without.
 */
#ifndef RLIMIT_RLIMIT_H
#define RLIMIT_RLIMIT_H

#include <abi/abi.h>

/* Those of the first process, in a system that has room for nr_threads_max threads. */
void rlimit_init(struct linux_rlimit limits[NR_RLIMITS], uint32_t nr_threads_max);

/* -EINVAL: no such limit, or soft above hard; -EPERM: more than the system gives anybody. */
int rlimit_check(unsigned resource, const struct linux_rlimit *limit) MUST_CHECK;

/*
 * *slot becomes *limit, which was checked; what it was goes to *old in any case. -EPERM: the hard
 * limit would rise, and may_raise (CAP_SYS_RESOURCE) is false.
 */
int rlimit_set(struct linux_rlimit *slot, const struct linux_rlimit *limit, bool may_raise,
               struct linux_rlimit *old) MUST_CHECK;

#endif
