/*
 * See <rlimit/rlimit.h>.
 */
#include <base/errno.h>
#include <rlimit/rlimit.h>

#define NR_FILES_MAX (1ull << 20) /* fs.nr_open */

void rlimit_init(struct linux_rlimit limits[NR_RLIMITS], uint32_t nr_threads_max)
{
    for (unsigned i = 0; i < NR_RLIMITS; i++)
        limits[i] = (struct linux_rlimit){RLIM_INFINITY, RLIM_INFINITY};
    limits[RLIMIT_STACK].cur = MIB(8);
    limits[RLIMIT_CORE].cur = 0;
    limits[RLIMIT_NOFILE] = (struct linux_rlimit){1024, 4096};
    /* Half of the total, so that one user cannot exhaust it. */
    limits[RLIMIT_NPROC] = (struct linux_rlimit){nr_threads_max / 2, nr_threads_max / 2};
    limits[RLIMIT_MEMLOCK] = (struct linux_rlimit){MIB(8), MIB(8)};
    limits[RLIMIT_SIGPENDING] = limits[RLIMIT_NPROC]; /* as Linux */
    limits[RLIMIT_MSGQUEUE] = (struct linux_rlimit){819200, 819200};
    limits[RLIMIT_NICE] = (struct linux_rlimit){0, 0};
    limits[RLIMIT_RTPRIO] = (struct linux_rlimit){0, 0};
}

int rlimit_check(unsigned resource, const struct linux_rlimit *limit)
{
    if (resource >= NR_RLIMITS || limit->cur > limit->max)
        return -EINVAL;
    return resource == RLIMIT_NOFILE && limit->max > NR_FILES_MAX ? -EPERM : 0;
}

int rlimit_set(struct linux_rlimit *slot, const struct linux_rlimit *limit, bool may_raise,
               struct linux_rlimit *old)
{
    *old = *slot;
    if (limit->max > slot->max && !may_raise)
        return -EPERM;
    *slot = *limit;
    return 0;
}
