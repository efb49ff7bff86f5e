/*
 * The first steps of every kernel's boot order: from the boot path's two arguments to a machine
 * with a log, memory, per-CPU data, interrupts and a clock. What follows (threads, drivers, ...) is
 * the kernel's own list.
 */
#ifndef STARTUP_STARTUP_H
#define STARTUP_STARTUP_H

#include <arch/cpu.h>
#include <panic/panic.h>
#include <platform/boot_info.h>

/*
 * Report that the machine cannot be used on whatever console there is, and power off as failed.
 * QEMU then exits with 1, but with 0 before drivers are probed: the firmware passes on no code.
 */
NORETURN void startup_refuse(const char *reason);

/*
 * End a boot step: note its name, which must never be freed, and its duration for the log's boot
 * chart (dmesg, or the word debug). The next step begins here.
 */
void startup_step(const char *name);

/* The body of startup_ground(), outside the stack protector. */
void startup_read_machine(hartid_t boot_hart, paddr_t fdt);
void startup_core(void);

/*
 * First line of kernel_main. Inlined: the stack protector's canary changes inside, and only a
 * function that never returns may see that.
 */
static ALWAYS_INLINE void startup_ground(hartid_t boot_hart, paddr_t fdt)
{
    startup_read_machine(boot_hart, fdt); /* the device tree; all RAM mapped */
    stack_guard_init(boot_info.seed, boot_info.seed_size, arch_cycles());
    startup_core(); /* command line, frames, kmap, per-CPU data, clock, interrupts */
}

#endif
