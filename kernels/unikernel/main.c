/*
 * The unikernel's boot order, top to bottom.
 */
#include <app/app.h>
#include <arch/fpu.h>
#include <arch/trap.h>
#include <arch/upcalls.h>
#include <console/console.h>
#include <driver/driver.h>
#include <heap/heap.h>
#include <irq/irq.h>
#include <log/log.h>
#include <panic/panic.h>
#include <power/power.h>
#include <startup/startup.h>
#include <thread/thread.h>

/* Kernel and application fault alike: floats loaded on first use, bad pointers in system calls. */
void kernel_fault(struct trap_frame *frame)
{
    if (frame->cause == TRAP_ILLEGAL && arch_fpu_trap(arch_current(), frame))
        return;
    if (!arch_fixup(frame))
        panic_trap(frame);
}

static void cpu_init(unsigned cpu)
{
    (void)cpu;
    irq_cpu_init();
}

void kernel_main(hartid_t boot_hart, paddr_t fdt)
{
    startup_ground(boot_hart, fdt); /* memory, per-CPU data, clock, interrupts */
    if (heap_init() != 0)
        startup_refuse("no memory for the heap");
    if (thread_system_init() != 0) /* this becomes a thread */
        startup_refuse("no memory for the idle thread");
    driver_probe_all(); /* console, interrupt controller, and what the list has */
    console_start();
    arch_irq_enable();
    thread_start_cpus(cpu_init); /* the other harts */
    int result = app_main();

    if (result == 0)
        power_off();
    log_err("the application failed: %d", result);
    power_off_failure();
}
