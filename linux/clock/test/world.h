/*
 * What the tests of linux/clock share: a process of a user's, time that the test moves, signals
 * that the process takes.
 */
#ifndef CLOCK_TEST_WORLD_H
#define CLOCK_TEST_WORLD_H

#include "../../task/test/processes.h"
#include "../internal.h"

#include <irq/upcalls.h>
#include <reclaim/reclaim.h>
#include <vdso/vdso.h>
#include <vspace/vspace.h>
#include <work/work.h>

#define SEC     NS_PER_SEC
#define MSEC    NS_PER_MSEC
#define HANDLER 0x1000 /* of every signal: none is deadly */

static struct process *init, *me;

static inline int clock_world_init(void **state)
{
    if (world_init(state) != 0 || work_system_init() != 0)
        return -1;
    reclaim_init();
    vspace_boot();
    return vdso_boot();
}

/* The machine, on time: every timer fires when it is due. */
static inline void pass(uint64_t ns)
{
    uint64_t end_ticks = host_ticks + ns;

    while (time_next_deadline() <= end_ticks) {
        host_ticks = MAX(host_ticks, time_next_deadline());
        time_interrupt();
    }
    host_ticks = end_ticks;
}

static inline int begin(void **state)
{
    pass(1000 * SEC);
    thread_yield(); /* linux/reclaim, for the threads of the test before */
    host_ticks = 100 * SEC;
    time_set_realtime_ns(1000 * SEC);
    init = make_leader(1, NULL, &cred_kernel);
    me = make_leader(10, init, &user_1000);
    for (unsigned i = 0; i < NR_SIGNALS; i++)
        me->actions[i].handler = HANDLER;
    act_as(me->leader);
    return 0;
}

static inline int end(void **state)
{
    timers_process_exit(me, true);
    return world_end(state);
}

static inline bool take(struct linux_siginfo *info)
{
    return signal_take(~0ull, info);
}

static inline bool takes(int signal)
{
    struct linux_siginfo info;

    return take(&info) && info.signo == signal;
}

static inline bool takes_none(void)
{
    struct linux_siginfo info;

    return !take(&info);
}

static inline void use_processor(struct user_thread *ut, uint64_t user_ns, uint64_t kernel_ns)
{
    ut->thread.user_clock += user_ns << THREAD_CLOCK_SHIFT;
    ut->thread.run_ticks += user_ns + kernel_ns;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

#endif
