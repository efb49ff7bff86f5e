/*
 * Kernel panic: stop the other CPUs, report, then act as panic= says.
 */
#include <arch/context.h>
#include <arch/cpu.h>
#include <arch/power.h>
#include <arch/smp.h>
#include <arch/trap.h>
#include <arch/upcalls.h>
#include <base/errno.h>
#include <bootargs/bootargs.h>
#include <console/console.h>
#include <irq/irq.h>
#include <log/log.h>
#include <panic/panic.h>
#include <percpu/percpu.h>
#include <power/power.h>
#include <printf/printf.h>
#include <string/string.h>

enum panic_action { PANIC_POWEROFF, PANIC_REBOOT, PANIC_HALT };

static enum panic_action action = PANIC_POWEROFF;
static int panic_cpu = -1;      /* [a] the first to panic */
static cpumask_t stopped_cpus;  /* [a] have reported */
static int reporting_turn = -1; /* [a] CPU that may print its backtrace */

void __stack_chk_fail(void);
void __stack_chk_fail(void)
{
    panic("stack smashed in the function that returns to %p", __builtin_return_address(0));
}

static int set_panic(const char *value)
{
    if (!value)
        return -EINVAL;
    if (str_equal(value, "poweroff"))
        action = PANIC_POWEROFF;
    else if (str_equal(value, "reboot"))
        action = PANIC_REBOOT;
    else if (str_equal(value, "halt"))
        action = PANIC_HALT;
    else
        return -EINVAL;
    return 0;
}
BOOTARG("panic", set_panic);

/* On a stopped CPU: wait for its turn, print its backtrace, halt. */
static void stop_here(void)
{
    int cpu = (int)cpu_index();

    if (__atomic_load_n(&panic_cpu, __ATOMIC_ACQUIRE) == -1)
        return;
    while (__atomic_load_n(&reporting_turn, __ATOMIC_ACQUIRE) != cpu)
        arch_cpu_relax();
    log_print(LOG_EMERG, "CPU %d was here:", cpu);
    backtrace_print();
    __atomic_fetch_or(&stopped_cpus, 1ull << cpu, __ATOMIC_SEQ_CST);
    arch_smp_stop_self();
}

void panic_init(void)
{
    ipi_set_handler(IPI_STOP, stop_here);
}

/* Wait about a second, without relying on a clock. */
static bool wait_for(unsigned cpu)
{
    for (unsigned long spins = 0; spins < 20000000; spins++) {
        if (__atomic_load_n(&stopped_cpus, __ATOMIC_ACQUIRE) >> cpu & 1)
            return true;
        arch_cpu_relax();
    }
    return false;
}

/*
 * Begin a panic. False: this CPU is panicking already; only a short line may be printed. If that
 * fails too, power off; if even that fails, do so by the firmware.
 */
static bool panic_begin(void)
{
    static unsigned depth; /* only a panicking CPU can recurse here */
    int none = -1;
    int self = (int)cpu_index();

    arch_irq_disable();
    if (!__atomic_compare_exchange_n(&panic_cpu, &none, self, false, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST)) {
        if (none == self) {
            if (++depth > 2)
                arch_poweroff(true);
            if (depth > 1)
                power_off_failure();
            return false;
        }
        stop_here();
    }
    console_enter_panic();
    return true;
}

static NORETURN void panic_end(void)
{
    unsigned self = cpu_index();
    cpumask_t others = arch_cpus_started() & ~(1ull << self);

    if (others != 0)
        ipi_send(others, IPI_STOP);
    for_each_cpu(cpu) {
        if (!(others >> cpu & 1))
            continue;
        __atomic_store_n(&reporting_turn, (int)cpu, __ATOMIC_RELEASE);
        if (!wait_for(cpu))
            log_print(LOG_EMERG, "CPU %u does not answer", cpu);
    }
    if (action == PANIC_REBOOT)
        arch_reboot();
    if (action == PANIC_POWEROFF)
        power_off_failure();
    log_print(LOG_EMERG, "halted");
    arch_halt();
}

void system_halt(void)
{
    static uint32_t is_halting; /* [a] */

    arch_irq_disable();
    /* A second panic, on another hart, leaves the rest to the first. */
    if (__atomic_exchange_n(&is_halting, 1, __ATOMIC_SEQ_CST))
        arch_smp_stop_self();
    cpumask_t others = arch_cpus_started() & ~(1ull << cpu_index());

    ipi_set_handler(IPI_STOP, arch_smp_stop_self); /* without a report */
    if (others != 0)
        ipi_send(others, IPI_STOP);
    arch_halt();
}

void panic(const char *format, ...)
{
    va_list args;

    if (!panic_begin()) {
        log_print(LOG_EMERG, "panic within a panic");
        power_off_failure();
    }
    static char message[200]; /* one panic at a time */

    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    log_print(LOG_EMERG, "kernel panic on CPU %u: %s", cpu_index(), message);
    backtrace_print();
    panic_end();
}

void assert_failed(const char *condition, const char *file, int line)
{
    panic("assertion failed: %s, %s:%d", condition, file, line);
}

void panic_trap(const struct trap_frame *frame)
{
    if (!panic_begin()) {
        log_print(LOG_EMERG, "panic within a panic: %s at %p, address %p",
                  arch_trap_name(frame->cause), (void *)frame->pc, (void *)frame->value);
        power_off_failure();
    }
    log_print(LOG_EMERG, "kernel panic on CPU %u: %s, address %p", cpu_index(),
              arch_trap_name(frame->cause), (void *)frame->value);
    panic_print_frame(frame);
    panic_end();
}

void kernel_stack_overflow(struct trap_frame *frame)
{
    struct arch_thread *t = arch_current();

    if (!panic_begin())
        power_off_failure();
    log_print(LOG_EMERG, "kernel panic on CPU %u: kernel stack overflow, sp %p, stack from %p",
              cpu_index(), (void *)frame->sp, (void *)t->overflow_base);
    panic_print_frame(frame);
    panic_end();
}
