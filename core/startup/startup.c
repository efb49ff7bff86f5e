/*
 * See <startup/startup.h>. Interrupts stay masked throughout.
 */
#include <bootargs/bootargs.h>
#include <console/console.h>
#include <frame/frame.h>
#include <irq/irq.h>
#include <kmap/kmap.h>
#include <log/log.h>
#include <percpu/percpu.h>
#include <power/power.h>
#include <shadow/shadow.h>
#include <startup/startup.h>
#include <time/time.h>

void startup_refuse(const char *reason)
{
    log_err("cannot boot: %s", reason);
    console_start();
    power_off_failure();
}

static uint64_t step_began; /* time's ticks */

void startup_step(const char *name)
{
    uint64_t ticks = arch_time() - step_began;

    log_note("boot: %s: %lu ns", (uintptr_t)name, ticks * 1000000000 / boot_info.timebase_hz);
    step_began = arch_time(); /* do not count the note itself */
}

void startup_read_machine(hartid_t boot_hart, paddr_t fdt)
{
    step_began = arch_time();
    const char *reason = platform_init(boot_hart, fdt);

    if (reason)
        startup_refuse(reason);
}

/* Log model, memory and harts from the device tree. */
static void machine_note(void)
{
    uint64_t nr_bytes = 0;

    for (unsigned i = 0; i < boot_info.nr_memory; i++)
        nr_bytes += boot_info.memory[i].size;
    log_note("machine: %lu MiB, %lu harts", nr_bytes >> 20, boot_info.nr_harts);
    log_note("machine: %s, timer of %lu Hz", (uintptr_t)fdt_prop_string(&boot_info.isa_props[0], 0),
             boot_info.timebase_hz);
}

/* Find the highest place in a range of RAM without reserved memory; size 0: none. */
static struct frame_range place_in(const struct frame_range *ram,
                                   const struct frame_range *reserved, unsigned nr_reserved,
                                   uint64_t size)
{
    uint64_t end = ALIGN_DOWN(ram->start.v + ram->size, MIB(2));

    for (unsigned i = 0; i < nr_reserved && end >= ram->start.v + size; i++) {
        if (reserved[i].start.v < end && reserved[i].start.v + reserved[i].size > end - size) {
            end = ALIGN_DOWN(reserved[i].start.v, MIB(2));
            i = UINT32_MAX; /* check the earlier ones again */
        }
    }
    if (end < ram->start.v + size)
        return (struct frame_range){ram->start, 0};
    return (struct frame_range){PADDR(end - size), size};
}

static void memory_init(void)
{
    struct frame_range ram[BOOT_MAX_MEMORY];
    struct frame_range reserved[BOOT_MAX_RESERVED + BOOT_MAX_MEMORY];
    unsigned nr_reserved = boot_info.nr_reserved;

    for (unsigned i = 0; i < boot_info.nr_memory; i++)
        ram[i] = (struct frame_range){boot_info.memory[i].start, boot_info.memory[i].size};
    for (unsigned i = 0; i < boot_info.nr_reserved; i++)
        reserved[i] = (struct frame_range){boot_info.reserved[i].start, boot_info.reserved[i].size};
    for (unsigned i = 0; i < boot_info.nr_memory && shadow_share(ram[i].size) != 0; i++) {
        struct frame_range *place = &reserved[nr_reserved];

        *place = place_in(&ram[i], reserved, nr_reserved, shadow_share(ram[i].size));
        if (place->size != 0) {
            shadow_ram(ram[i].start, ram[i].size, place->start);
            nr_reserved++;
        }
    }
    if (frame_init(ram, boot_info.nr_memory, reserved, nr_reserved) != 0)
        startup_refuse("no usable memory");
}

void startup_core(void)
{
    bootargs_parse(boot_info.bootargs); /* loglevel= and others, before the first line */
    for (unsigned i = 0; i < boot_info.nr_warnings; i++)
        log_warn("%s", boot_info.warnings[i]);
    machine_note();
    startup_step("device tree");
    memory_init();
    kmap_init();
    if (percpu_init(boot_info.nr_harts, frame_alloc_bytes) != 0)
        log_warn("out of memory: not all harts can be used");
    panic_init();
    time_init(boot_info.timebase_hz);
    irq_cpu_init();
    startup_step("memory, clock");
}
