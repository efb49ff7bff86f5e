/*
 * Reports of the sanitizers, written by the firmware's console.
 */
#include <arch/context.h>
#include <arch/cpu.h>
#include <arch/memory.h>
#include <arch/power.h>
#include <arch/smp.h>
#include <printf/printf.h>
#include <sanitize/sanitize.h>
#include <symtab/symtab.h>

#define PLACES_MAX 512

/* tools/symtab.py */
extern const uint8_t symtab_begin[], symtab_end[];

static uint32_t pauses[NR_CPUS_MAX]; /* [p] */
static uint32_t is_reporting;        /* [a] */

/* The places reported so far; one that finds no room here is reported again. */
static struct {
    uintptr_t place, other;
} told[PLACES_MAX]; /* is_reporting */
static unsigned nr_told;

unsigned long sanitize_pause(void)
{
    unsigned long irq = arch_irq_save();

    pauses[arch_current()->cpu]++;
    return irq;
}

void sanitize_resume(unsigned long irq)
{
    pauses[arch_current()->cpu]--;
    arch_irq_restore(irq);
}

bool sanitize_is_paused(void)
{
    return pauses[arch_current()->cpu] != 0;
}

void sanitize_stack_take(struct sanitize_stack *stack, uintptr_t pc)
{
    const struct arch_thread *t = arch_current();
    uintptr_t pcs[SANITIZE_DEPTH + 4];
    size_t nr, from = 0;

    nr = arch_backtrace(arch_frame_pointer(), t->stack_base, t->stack_base + t->stack_size, pcs,
                        ARRAY_SIZE(pcs));
    while (from < nr && pcs[from] != pc)
        from++;
    if (from == nr)
        from = 0;
    stack->cpu = t->cpu;
    stack->nr = 0;
    while (from < nr && stack->nr < SANITIZE_DEPTH)
        stack->pc[stack->nr++] = pcs[from++];
}

static bool is_news(uintptr_t place, uintptr_t other)
{
    for (unsigned i = 0; i < nr_told; i++)
        if ((told[i].place == place && told[i].other == other) ||
            (told[i].place == other && told[i].other == place))
            return false;
    if (nr_told < PLACES_MAX) {
        told[nr_told].place = place;
        told[nr_told++].other = other;
    }
    return true;
}

bool sanitize_report_begin(uintptr_t place, uintptr_t other, unsigned long *irq)
{
    *irq = sanitize_pause();
    while (__atomic_exchange_n(&is_reporting, 1, __ATOMIC_ACQUIRE))
        arch_cpu_relax();
    if (is_news(place, other))
        return true;
    __atomic_store_n(&is_reporting, 0, __ATOMIC_RELEASE);
    sanitize_resume(*irq);
    return false;
}

void sanitize_report_end(unsigned long irq)
{
    sanitize_print("sanitizer: end\n");
    __atomic_store_n(&is_reporting, 0, __ATOMIC_RELEASE);
    sanitize_resume(irq);
}

static void sink(void *ctx, const char *data, size_t nr_bytes)
{
    (void)ctx;
    for (size_t i = 0; i < nr_bytes; i++)
        arch_early_putchar(data[i]); /* the firmware adds carriage returns */
}

void sanitize_print(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    printf_format(sink, NULL, format, args);
    va_end(args);
}

void sanitize_print_stack(const char *title, const struct sanitize_stack *stack)
{
    sanitize_print("%s CPU %u:\n", title, stack->cpu);
    for (uint32_t i = 0; i < stack->nr; i++) {
        char name[64];
        long distance =
            symtab_lookup(symtab_begin, (size_t)(symtab_end - symtab_begin),
                          stack->pc[i] - 1 - (uintptr_t)image_start, name, sizeof(name));

        sanitize_print("  %p %s+0x%lx\n", (void *)stack->pc[i], name,
                       (unsigned long)(distance >= 0 ? distance + 1 : 0));
    }
}
