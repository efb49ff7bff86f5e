/*
 * The unikernel's boot order, top to bottom.
 */
#include <app/app.h>
#include <arch/power.h>
#include <arch/trap.h>
#include <arch/upcalls.h>
#include <bootargs/bootargs.h>
#include <console/console.h>
#include <driver/driver.h>
#include <frame/frame.h>
#include <heap/heap.h>
#include <irq/irq.h>
#include <kmap/kmap.h>
#include <log/log.h>
#include <panic/panic.h>
#include <percpu/percpu.h>
#include <platform/boot_info.h>
#include <thread/thread.h>
#include <time/time.h>

void kernel_fault(struct trap_frame *frame)
{
    if (!arch_fixup(frame))
        panic_trap(frame);
}

/* The machine cannot be used: say why by whatever console there is, and stop. */
static NORETURN void refuse(const char *reason)
{
    log_err("cannot boot: %s", reason);
    console_start();
    arch_poweroff(true);
}

static void memory_init(void)
{
    struct frame_range ram[BOOT_MAX_MEMORY];
    struct frame_range reserved[BOOT_MAX_RESERVED];

    for (unsigned i = 0; i < boot_info.nr_memory; i++)
        ram[i] = (struct frame_range){boot_info.memory[i].start, boot_info.memory[i].size};
    for (unsigned i = 0; i < boot_info.nr_reserved; i++)
        reserved[i] = (struct frame_range){boot_info.reserved[i].start, boot_info.reserved[i].size};
    if (frame_init(ram, boot_info.nr_memory, reserved, boot_info.nr_reserved) != 0)
        refuse("no usable memory");
}

/* A further CPU, before it runs threads. */
static void cpu_init(unsigned cpu)
{
    arch_trap_init();
    irq_cpu_init();
}

void kernel_main(hartid_t boot_hart, paddr_t fdt)
{
    const char *reason = platform_init(boot_hart, fdt); /* the device tree; all RAM mapped */

    if (reason != NULL)
        refuse(reason);
    stack_guard_init(boot_info.seed, boot_info.seed_size, arch_cycles());
    bootargs_parse(boot_info.bootargs); /* loglevel= and others, before the first line */
    for (unsigned i = 0; i < boot_info.nr_warnings; i++)
        log_warn("%s", boot_info.warnings[i]);
    memory_init(); /* frames */
    kmap_init();   /* kernel virtual ranges */
    if (percpu_init(boot_info.nr_harts, frame_alloc_bytes) != 0)
        log_warn("out of memory: not all harts can be used");
    if (heap_init() != 0)
        refuse("no memory for the heap");
    time_init(boot_info.timebase_hz);
    thread_system_init(); /* this is a thread from here on */
    panic_init();         /* other harts stop when one panics */
    irq_cpu_init();       /* device and software interrupts */
    driver_probe_all();   /* console, interrupt controller, and what the list has */
    console_start();
    arch_irq_enable();
    thread_start_cpus(cpu_init); /* the other harts */
    int result = app_main();

    arch_poweroff(result != 0);
}
