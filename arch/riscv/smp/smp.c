/*
 * Other harts: starting them (SBI HSM), interrupting them (SBI IPI), fences on them (SBI RFENCE).
 */
#include <arch/context.h>
#include <arch/cpu.h>
#include <arch/memory.h>
#include <arch/paging.h>
#include <arch/power.h>
#include <arch/smp.h>
#include <arch/trap.h>
#include <base/errno.h>
#include <riscv/csr.h>
#include <sbi/sbi.h>
#include <smp/late.h>

#include "smp.h"

_Static_assert(offsetof(struct smp_start, satp) == START_SATP, "smp.h");
_Static_assert(offsetof(struct smp_start, thread) == START_THREAD, "smp.h");
_Static_assert(offsetof(struct smp_start, sp) == START_SP, "smp.h");
_Static_assert(offsetof(struct smp_start, kernel_offset) == START_OFFSET, "smp.h");

static hartid_t harts[NR_CPUS_MAX]; /* [I] once all are added */
static unsigned nr_harts;
static cpumask_t started = 1; /* [a] */

/* One start at a time: filled by the boot CPU, cleared by the started hart. */
struct smp_start smp_start_block;
static bool is_start_taken; /* [a] */
uint64_t smp_late_key;      /* [a] */

int arch_smp_add(hartid_t hart)
{
    if (nr_harts == NR_CPUS_MAX)
        return -ENOMEM;
    harts[nr_harts] = hart;
    return (int)nr_harts++;
}

hartid_t arch_cpu_to_hart(unsigned cpu)
{
    return harts[cpu];
}

cpumask_t arch_cpus_started(void)
{
    return __atomic_load_n(&started, __ATOMIC_ACQUIRE);
}

struct arch_hart_group arch_hart_group(cpumask_t *cpus)
{
    struct arch_hart_group group = {0, UINT64_MAX};

    for (unsigned cpu = 0; cpu < nr_harts; cpu++)
        if ((*cpus >> cpu & 1) && harts[cpu] < group.base)
            group.base = harts[cpu];
    for (unsigned cpu = 0; cpu < nr_harts; cpu++) {
        if ((*cpus >> cpu & 1) && harts[cpu] - group.base < 64) {
            group.mask |= 1ull << (harts[cpu] - group.base);
            *cpus &= ~(1ull << cpu);
        }
    }
    if (group.mask == 0)
        *cpus = 0; /* only unknown CPUs: end the caller's loop */
    return group;
}

int arch_smp_start(unsigned cpu, struct arch_thread *idle, void (*entry)(unsigned cpu))
{
    smp_start_block = (struct smp_start){
        .satp = arch_satp_make(&arch_kernel_pt, 0),
        .thread = idle,
        .sp = idle->stack_base + idle->stack_size,
        .kernel_offset = arch_kernel_offset,
        .entry = entry,
    };
    __atomic_store_n(&is_start_taken, false, __ATOMIC_RELEASE);
    __atomic_store_n(&smp_late_key, harts[cpu] ^ SMP_LATE_MAGIC, __ATOMIC_RELEASE);
    arch_mb();
    int err =
        sbi_error(sbi_call(SBI_EXT_HSM, SBI_HSM_START, harts[cpu], kernel_to_phys(smp_hart_start).v,
                           kernel_to_phys(&smp_start_block).v, 0, 0)
                      .error);

    while (err == 0 && !__atomic_load_n(&is_start_taken, __ATOMIC_ACQUIRE))
        arch_cpu_relax();
    __atomic_store_n(&smp_late_key, 0, __ATOMIC_RELEASE);
    return err;
}

void smp_hart_main(void)
{
    struct arch_thread *self = arch_current();
    void (*entry)(unsigned cpu) = smp_start_block.entry;

    arch_trap_init();
    arch_tlb_flush_all();
    __atomic_fetch_or(&started, 1ull << self->cpu, __ATOMIC_SEQ_CST);
    __atomic_store_n(&is_start_taken, true, __ATOMIC_RELEASE);
    entry(self->cpu);
    arch_smp_stop_self();
}

void arch_smp_stop_self(void)
{
    arch_irq_disable();
    csr_write(sie, 0);
    for (;;)
        arch_wfi();
}

void arch_ipi_send(cpumask_t cpus)
{
    while (cpus != 0) {
        struct arch_hart_group group = arch_hart_group(&cpus);

        sbi_call(SBI_EXT_IPI, SBI_IPI_SEND, group.mask, group.base, 0, 0, 0);
    }
}

void arch_fence_i_remote(cpumask_t cpus)
{
    unsigned self = arch_current()->cpu;

    arch_mb();
    if (cpus >> self & 1)
        arch_fence_i();
    cpus &= ~(1ull << self);
    while (cpus != 0) {
        struct arch_hart_group group = arch_hart_group(&cpus);

        sbi_call(SBI_EXT_RFENCE, SBI_RFENCE_FENCE_I, group.mask, group.base, 0, 0, 0);
    }
}
