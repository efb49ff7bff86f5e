/*
 * User mode in tests on the host: <host_user/host_user.h>.
 */
#include <arch/cpu.h>
#include <host/host.h>
#include <host_user/host_user.h>
#include <user/user.h>

void (*host_program)(struct trap_frame *frame);

void user_cpu_init(void)
{
}

NORETURN void user_enter(void)
{
    if (host_program)
        host_program(user_frame(arch_current()));
    host_panic("user: a program has returned");
}

void user_frame_init(struct trap_frame *frame, vaddr_t pc, vaddr_t sp)
{
    *frame = (struct trap_frame){.pc = pc, .sp = sp};
}

void user_frame_replaced(void)
{
}
