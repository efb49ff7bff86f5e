/*
 * Requests from one CPU to another: a word of pending reasons per CPU, and one software interrupt.
 */
#include <arch/smp.h>
#include <irq/irq.h>
#include <lock/delay.h>
#include <lock/spinlock.h>
#include <log/log.h>
#include <percpu/percpu.h>

#include "irq.h"

static DEFINE_PER_CPU(uint32_t, ipi_pending); /* [a] bit n: enum ipi n */

static void (*handlers[NR_IPIS])(void); /* [a] set at boot */

/* ipi_call: one at a time. */
static struct spinlock call_lock = SPINLOCK_INIT("ipi_call");
static struct {
    void (*fn)(void *ctx) GUARDED_BY(&call_lock);
    void *ctx GUARDED_BY(&call_lock);
    cpumask_t waiting; /* [a] CPUs that have not run it */
} call;

void ipi_send(cpumask_t cpus, enum ipi ipi)
{
    for_each_cpu(cpu)
        if (cpus >> cpu & 1)
            __atomic_fetch_or(&per_cpu(ipi_pending, cpu), 1u << ipi, __ATOMIC_SEQ_CST);
    arch_ipi_send(cpus);
}

void ipi_set_handler(enum ipi ipi, void (*handler)(void))
{
    __atomic_store_n(&handlers[ipi], handler, __ATOMIC_RELEASE);
}

static void call_handle(void)
{
    cpumask_t self = 1ull << cpu_index();

    if (__atomic_load_n(&call.waiting, __ATOMIC_ACQUIRE) & self) {
        ASSUME_LOCKED(&call_lock, "by the CPU that asks, until this one is not waited for");
        call.fn(call.ctx);
        __atomic_fetch_and(&call.waiting, ~self, __ATOMIC_RELEASE);
    }
}

void ipi_call(cpumask_t cpus, void (*fn)(void *ctx), void *ctx)
{
    assert(arch_irq_is_enabled());
    spin_lock(&call_lock);
    cpumask_t self = 1ull << cpu_index();
    cpumask_t others = cpus & ~self & __atomic_load_n(&cpus_online, __ATOMIC_ACQUIRE);

    call.fn = fn;
    call.ctx = ctx;
    __atomic_store_n(&call.waiting, others, __ATOMIC_RELEASE);
    if (others != 0)
        ipi_send(others, IPI_CALL);
    if (cpus & self) {
        unsigned long flags = arch_irq_save();

        fn(ctx);
        arch_irq_restore(flags);
    }
    while (__atomic_load_n(&call.waiting, __ATOMIC_ACQUIRE) != 0)
        arch_cpu_relax();
    spin_unlock(&call_lock);
}

void ipi_handle(void)
{
    uint32_t pending;

    lock_delay_wake();
    pending = __atomic_exchange_n(&this_cpu(ipi_pending), 0, __ATOMIC_SEQ_CST);
    for (unsigned ipi = 0; ipi < NR_IPIS; ipi++) {
        if (!(pending >> ipi & 1))
            continue;
        void (*handler)(void) = __atomic_load_n(&handlers[ipi], __ATOMIC_ACQUIRE);

        if (ipi == IPI_CALL)
            call_handle();
        else if (handler)
            handler();
    }
}
