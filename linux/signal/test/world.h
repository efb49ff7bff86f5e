/*
 * A program with a stack, for tests of signals: what kill, user_return and handlers do to it.
 *
 * TEST_DEPS: what lifecycle/test/world.h names.
 */
#ifndef SIGNAL_TEST_WORLD_H
#define SIGNAL_TEST_WORLD_H

#include "../../lifecycle/test/world.h"

#include <string.h>

#include <machine/machine.h>
#include <user/upcalls.h>

#define PROGRAM_PC 0x1234

/* What a handler finds at its sp: asm-generic's ucontext.h. */
struct signal_frame {
    struct linux_siginfo info;
    uint64_t flags, link;
    struct {
        uint64_t sp;
        int32_t flags, pad;
        uint64_t size;
    } stack;
    sigset64_t mask;
    uint8_t reserved[120];
    struct machine_context context;
};

static uint8_t stack[KIB(16)] ALIGNED(16);

static inline struct trap_frame *registers(void)
{
    return user_frame(&user_current()->thread.arch);
}

/* The caller's handlers run on `stack`. */
static inline void prepare_registers(void)
{
    struct trap_frame *regs = registers();

    *regs = (struct trap_frame){.pc = PROGRAM_PC, .sp = USER(stack + sizeof(stack))};
}

static inline void on_with(int signal, uint64_t handler, uint64_t flags, sigset64_t mask)
{
    struct signal_action action = {handler, flags, mask};

    assert_int_equal(sys_rt_sigaction(signal, USER(&action), 0, 8), 0);
}

static inline void on(int signal, uint64_t handler)
{
    on_with(signal, handler, 0, 0);
}

/* p gets the signal, and is on its way to user mode. */
static inline void deliver(int signal)
{
    assert_int_equal(sys_kill(process_current()->pid, signal), 0);
    user_return(registers());
}

/* Of the handler that runs. */
static inline struct signal_frame *frame(void)
{
    return (struct signal_frame *)registers()->sp;
}

static inline int begin_program(void **state)
{
    int ret = begin(state);

    prepare_registers();
    return ret;
}

#define SIGNAL_TEST(name) cmocka_unit_test_setup_teardown(name, begin_program, end)

#endif
