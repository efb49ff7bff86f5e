/*
 * The hypervisor's boot order, top to bottom.
 */
#include "guests.h"

#include <arch/trap.h>
#include <arch/upcalls.h>
#include <console/console.h>
#include <driver/driver.h>
#include <heap/heap.h>
#include <guest/guest.h>
#include <irq/irq.h>
#include <log/log.h>
#include <panic/panic.h>
#include <platform/boot_info.h>
#include <power/power.h>
#include <random/random.h>
#include <startup/startup.h>
#include <thread/thread.h>
#include <vcpu/vcpu.h>
#include <vspace/vspace.h>

/* Only the hypervisor's own code runs in this mode: a fault here is its bug. */
void kernel_fault(struct trap_frame *frame)
{
    if (!arch_fixup(frame))
        panic_trap(frame);
}

static void cpu_init(unsigned cpu)
{
    (void)cpu;
    irq_cpu_init();
    guest_cpu_init();
}

void kernel_main(hartid_t boot_hart, paddr_t fdt)
{
    startup_ground(boot_hart, fdt); /* memory, per-CPU data, clock, interrupts */
    if (heap_init() != 0)
        startup_refuse("no memory for the heap");
    if (thread_system_init() != 0) /* this becomes a thread */
        startup_refuse("no memory for the idle thread");
    startup_step("heap, threads");
    random_init(boot_info.seed, boot_info.seed_size); /* the guests' seeds */
    driver_probe_all();                               /* console, interrupt controller */
    console_start();
    startup_step("drivers");
    if (!guest_is_supported())
        startup_refuse("this machine has no hypervisor extension");
    guest_cpu_init(); /* delegation, counters */
    vspace_boot();
    vcpu_boot(); /* VMIDs */
    arch_irq_enable();
    startup_step("second-stage paging");
    thread_start_cpus(cpu_init); /* the other harts */
    startup_step("harts");
    if (guests_run())
        power_off();
    log_err("not all guests ended well");
    power_off_failure();
}
