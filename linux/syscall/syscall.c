/*
 * From the number in a7 to the handler: one bounds check and one indirect call.
 */

#include <abi/abi.h>
#include <anon/syscalls.h>
#include <arch/trap.h>
#include <base/errno.h>
#include <clock/syscalls.h>
#include <exec/syscalls.h>
#include <file/syscalls.h>
#include <futex/syscalls.h>
#include <identity/syscalls.h>
#include <lifecycle/syscalls.h>
#include <limits/syscalls.h>
#include <log/log.h>
#include <memory/syscalls.h>
#include <mount/syscalls.h>
#include <poll/syscalls.h>
#include <priority/syscalls.h>
#include <signal/syscalls.h>
#include <socket/syscalls.h>
#include <sysinfo/syscalls.h>
#include <task/task.h>
#include <user/upcalls.h>

static SYSCALL(absent);

#define NR_CALLS 512

/* Every number that the table does not name is absent, too. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
static syscall_handler *const handlers[NR_CALLS] = {
    [0 ... NR_CALLS - 1] = sys_absent,
#define CALL(number, name)       [number] = sys_##name,
#define PART(number, name, what) [number] = sys_##name,
#define ABSENT(number, name)
#include "table.h"
#undef CALL
#undef PART
#undef ABSENT
};
#pragma GCC diagnostic pop

static const char *const names[NR_CALLS] = {
#define CALL(number, name)       [number] = #name,
#define PART(number, name, what) [number] = #name,
#define ABSENT(number, name)     [number] = #name,
#include "table.h"
};

/* Each absent call is reported once. */
static SYSCALL(absent)
{
    static uint64_t reported[NR_CALLS / 64];
    const struct trap_frame *frame = container_of(a, struct trap_frame, x[10]);
    uint64_t number = frame->a7;
    uint64_t bit = 1ull << (number % 64);

    if (number >= NR_CALLS || !names[number]) {
        log_debug("no system call has the number %lu", (unsigned long)number);
        return -ENOSYS;
    }
    if (!(__atomic_fetch_or(&reported[number / 64], bit, __ATOMIC_RELAXED) & bit))
        log_info("system call %s (%lu) is absent: ENOSYS to %s", names[number],
                 (unsigned long)number, process_current()->name);
    return -ENOSYS;
}

void user_ecall(struct trap_frame *frame)
{
    uint64_t number = frame->a7;
    syscall_handler *handler = likely(number < NR_CALLS) ? handlers[number] : sys_absent;

    struct user_thread *ut = user_current();

    user_time_stops(ut);
    frame->a0 = (uint64_t)handler(&frame->a0);
    user_time_starts(ut);
}
