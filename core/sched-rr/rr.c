/* Round robin is all inline; here is its one variable. */
#include <sched/sched.h>

uint64_t sched_rr_quantum = UINT64_MAX;
