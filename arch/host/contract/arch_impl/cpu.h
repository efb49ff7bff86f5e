/*
 * The arch contract on the host: one hart, whose interrupt mask is a variable.
 */
#ifndef ARCH_IMPL_CPU_H
#define ARCH_IMPL_CPU_H

extern unsigned long host_irq_enabled;
extern struct arch_thread *host_current;
extern uint64_t host_ticks;

static inline unsigned long arch_irq_save(void)
{
    unsigned long flags = host_irq_enabled;

    host_irq_enabled = 0;
    return flags;
}

static inline void arch_irq_restore(unsigned long flags)
{
    host_irq_enabled = flags;
}

static inline unsigned long arch_irq_save_short(void)
{
    return arch_irq_save();
}

static inline void arch_irq_restore_short(unsigned long flags)
{
    arch_irq_restore(flags);
}

static inline uint64_t arch_swap_acquire(uint64_t *p, uint64_t value)
{
    return __atomic_exchange_n(p, value, __ATOMIC_ACQUIRE);
}

static inline void arch_or_release(uint64_t *p, uint64_t bits)
{
    __atomic_fetch_or(p, bits, __ATOMIC_RELEASE);
}

static inline bool arch_cas_acquire(uint64_t *p, uint64_t from, uint64_t to)
{
    return __atomic_compare_exchange_n(p, &from, to, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static inline bool arch_cas_release(uint64_t *p, uint64_t from, uint64_t to)
{
    return __atomic_compare_exchange_n(p, &from, to, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

static inline void arch_irq_enable(void)
{
    host_irq_enabled = 1;
}

static inline void arch_irq_disable(void)
{
    host_irq_enabled = 0;
}

static inline bool arch_irq_is_enabled(void)
{
    return host_irq_enabled != 0;
}

static inline void arch_irq_unmask_causes(void)
{
}

static inline struct arch_thread *arch_current(void)
{
    return host_current;
}

static inline void arch_cpu_relax(void)
{
}

static inline void arch_wfi(void)
{
}

static inline void arch_mb(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static inline void arch_io_mb(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static inline void arch_fence_i(void)
{
}

static inline uint64_t arch_cycles(void)
{
    return host_ticks++;
}

static inline uint64_t arch_instret(void)
{
    return host_ticks++;
}

static inline uintptr_t arch_frame_pointer(void)
{
    return (uintptr_t)__builtin_frame_address(0);
}

#endif
