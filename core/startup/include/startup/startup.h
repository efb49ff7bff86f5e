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
 * The machine cannot be used: says why by whatever console there is, and turns it off as failed.
 * QEMU then ends with 1, but with 0 before the drivers are probed: the firmware passes no code on.
 */
NORETURN void startup_refuse(const char *reason);

/*
 * A step of the boot is done: notes its name, which stays, and how long it took, for the log's boot
 * chart (dmesg, or the word debug). The next step begins here.
 */
void startup_step(const char *name);

/* The body of startup_ground(), behind the stack protector's back. */
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
