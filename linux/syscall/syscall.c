/*
 * System call dispatch: one bounds check, one indirect call, and a stub that converts each argument
 * to its type.
 */

#include <abi/syscalls.h>
#include <arch/trap.h>
#include <base/errno.h>
#include <log/log.h>
#include <task/task.h>
#include <user/upcalls.h>

#define NR_CALLS 512

typedef int64_t syscall_stub(const struct trap_frame *frame);

/* Convert the arguments of a call to the types of its parameters. */
#define ARGUMENTS(...)    SYSCALL_CHOICE(ARGUMENTS_, SYSCALL_NR_PAIRS(__VA_ARGS__))(0, ##__VA_ARGS__)
#define ARGUMENT(i, type) (type) arch_frame_argument(frame, i)
#define ARGUMENTS_0(i)
#define ARGUMENTS_1(i, t, n)      ARGUMENT(i, t)
#define ARGUMENTS_2(i, t, n, ...) ARGUMENT(i, t), ARGUMENTS_1(i + 1, __VA_ARGS__)
#define ARGUMENTS_3(i, t, n, ...) ARGUMENT(i, t), ARGUMENTS_2(i + 1, __VA_ARGS__)
#define ARGUMENTS_4(i, t, n, ...) ARGUMENT(i, t), ARGUMENTS_3(i + 1, __VA_ARGS__)
#define ARGUMENTS_5(i, t, n, ...) ARGUMENT(i, t), ARGUMENTS_4(i + 1, __VA_ARGS__)
#define ARGUMENTS_6(i, t, n, ...) ARGUMENT(i, t), ARGUMENTS_5(i + 1, __VA_ARGS__)

#define CALL(number, name, ...)                                                                    \
    static HOT int64_t stub_##name(const struct trap_frame *frame)                                 \
    {                                                                                              \
        return sys_##name(ARGUMENTS(__VA_ARGS__));                                                 \
    }
#define PART(number, name, what, ...) CALL(number, name, ##__VA_ARGS__)
#define ABSENT(number, name)
#include <abi/table.h>
#undef CALL
#undef PART
#undef ABSENT

static const char *const names[NR_CALLS] = {
#define CALL(number, name, ...)       [number] = #name,
#define PART(number, name, what, ...) [number] = #name,
#define ABSENT(number, name)          [number] = #name,
#include <abi/table.h>
#undef CALL
#undef PART
#undef ABSENT
};

/* Fail an absent call; log each number once. */
static int64_t absent(const struct trap_frame *frame)
{
    static uint64_t reported[NR_CALLS / 64];
    uint64_t number = arch_frame_call(frame);
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

/* Numbers that the table does not list are absent, too. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
static syscall_stub *const stubs[NR_CALLS] = {
    [0 ... NR_CALLS - 1] = absent,
#define CALL(number, name, ...)       [number] = stub_##name,
#define PART(number, name, what, ...) [number] = stub_##name,
#define ABSENT(number, name)
#include <abi/table.h>
};
#pragma GCC diagnostic pop

HOT int64_t user_ecall(struct trap_frame *frame)
{
    uint64_t number = arch_frame_call(frame);
    syscall_stub *stub = likely(number < NR_CALLS) ? stubs[number] : absent;
    int64_t ret;

    user_time_stops(user_current());
    ret = stub(frame);
    user_time_starts(user_current());
    return ret;
}
