/* The only variable of round robin, which is otherwise inline. */
#include <sched/sched.h>

uint64_t sched_rr_quantum = UINT64_MAX;
