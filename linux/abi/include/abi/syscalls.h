/*
 * The handlers of the system calls, declared from <abi/table.h>: the line
 *
 *   CALL(63, read, int, fd, vaddr_t, buf, size_t, count)
 *
 * there is int64_t sys_read(int fd, vaddr_t buf, size_t count) here. A component that defines some
 * of them includes this header and has EXPORTS := sys_*; linux/syscall calls them by number.
 *
 * A handler runs in the calling thread, may sleep, reaches user memory (vaddr_t) only through
 * <arch/uaccess.h>, and returns a value or a negative errno, or -ERESTARTSYS and friends
 * (<base/errno.h>) when a signal interrupted it. Its parameters are Linux's: 32 bits of a register
 * where the type has 32, whatever the program left in the others.
 */
#ifndef ABI_SYSCALLS_H
#define ABI_SYSCALLS_H

#include <abi/abi.h>

/* Count the pairs of a type and a name, up to six. */
#define SYSCALL_NR_PAIRS(...)                                                        SYSCALL_COUNT(0, ##__VA_ARGS__, 6, -, 5, -, 4, -, 3, -, 2, -, 1, -, 0)
#define SYSCALL_COUNT(z, t0, n0, t1, n1, t2, n2, t3, n3, t4, n4, t5, n5, count, ...) count
#define SYSCALL_JOIN(a, b)                                                           a##b
#define SYSCALL_CHOICE(macro, count)                                                 SYSCALL_JOIN(macro, count)

/* Turn the pairs into a parameter list. */
#define SYSCALL_PARAMETERS(...)                                                                    \
    SYSCALL_CHOICE(SYSCALL_PARAMETERS_, SYSCALL_NR_PAIRS(__VA_ARGS__))(__VA_ARGS__)
#define SYSCALL_PARAMETERS_0()          void
#define SYSCALL_PARAMETERS_1(t, n)      t n
#define SYSCALL_PARAMETERS_2(t, n, ...) t n, SYSCALL_PARAMETERS_1(__VA_ARGS__)
#define SYSCALL_PARAMETERS_3(t, n, ...) t n, SYSCALL_PARAMETERS_2(__VA_ARGS__)
#define SYSCALL_PARAMETERS_4(t, n, ...) t n, SYSCALL_PARAMETERS_3(__VA_ARGS__)
#define SYSCALL_PARAMETERS_5(t, n, ...) t n, SYSCALL_PARAMETERS_4(__VA_ARGS__)
#define SYSCALL_PARAMETERS_6(t, n, ...) t n, SYSCALL_PARAMETERS_5(__VA_ARGS__)

#define CALL(number, name, ...)       int64_t sys_##name(SYSCALL_PARAMETERS(__VA_ARGS__));
#define PART(number, name, what, ...) CALL(number, name, ##__VA_ARGS__)
#define ABSENT(number, name)
#include <abi/table.h>
#undef CALL
#undef PART
#undef ABSENT

#endif
