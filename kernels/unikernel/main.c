/*
 * The unikernel's boot order, top to bottom.
 */
#include <app/app.h>
#include <arch/context.h>
#include <arch/cpu.h>
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

_Static_assert(sizeof(struct arch_fpu_state) <= sizeof(struct trap_frame), "no room for floats");

/*
 * Turn on the float unit; true: done. A thread gets float state at its first use, so that others
 * pay nothing. The state is at the top of its stack, in the room for a user-mode frame, which this
 * kernel does not use. Interrupt handlers must not use floats.
 */
static bool floats_begin(const struct trap_frame *frame)
{
    struct arch_thread *t = arch_current();

    if (!t->fpu.state && arch_has(ARCH_FEATURE_FD)) {
        t->fpu.state = (struct arch_fpu_state *)t->user_frame;
        *t->fpu.state = (struct arch_fpu_state){0};
    }
    return arch_fpu_trap(t, frame);
}

/* Handle faults of kernel and application: first use of floats, a bad pointer in a checked copy. */
void kernel_fault(struct trap_frame *frame)
{
    if (frame->cause == TRAP_ILLEGAL && floats_begin(frame))
        return;
    if (!arch_fixup(frame))
        panic_trap(frame);
}

extern void (*const __kernel_constructors[])(void), (*const __kernel_constructors_end[])(void);

static void cpu_init(unsigned cpu)
{
    (void)cpu;
    irq_cpu_init();
}

/* kernel.ld: .init_array of the application and its libraries. */
static void constructors_run(void)
{
    for (void (*const *fn)(void) = __kernel_constructors; fn < __kernel_constructors_end; fn++)
        (*fn)();
}

void kernel_main(hartid_t boot_hart, paddr_t fdt)
{
    startup_ground(boot_hart, fdt); /* memory, per-CPU data, clock, interrupts */
    if (heap_init() != 0)
        startup_refuse("no memory for the heap");
    if (thread_system_init() != 0) /* this becomes a thread */
        startup_refuse("no memory for the idle thread");
    startup_step("heap, threads");
    driver_probe_all(); /* console, interrupt controller, other devices */
    console_start();
    arch_irq_enable();
    startup_step("drivers");
    thread_start_cpus(cpu_init); /* the other harts */
    startup_step("harts");
    constructors_run();
    int result = app_main();

    if (result == 0)
        power_off();
    log_err("the application failed: %d", result);
    power_off_failure();
}
