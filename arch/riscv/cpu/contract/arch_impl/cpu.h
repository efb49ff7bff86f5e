/* Bodies of <arch/cpu.h> for RISC-V. Contract comments are there. */
#ifndef ARCH_IMPL_CPU_H
#define ARCH_IMPL_CPU_H

#include <arch_impl/status.h>

static inline unsigned long arch_irq_save(void)
{
    unsigned long old;

    __asm__ volatile("csrrci %0, sstatus, %1" : "=r"(old) : "i"(SSTATUS_SIE) : "memory");
    return old & SSTATUS_SIE;
}

static inline void arch_irq_restore(unsigned long flags)
{
    __asm__ volatile("csrs sstatus, %0" : : "r"(flags) : "memory");
}

/* The saved value is the whole register: setting the bits that were set changes only SIE. */
static inline unsigned long arch_irq_save_short(void)
{
    unsigned long old;

    __asm__ volatile("csrrci %0, sstatus, %1" : "=r"(old) : "i"(SSTATUS_SIE) : "memory");
    return old;
}

static inline void arch_irq_restore_short(unsigned long flags)
{
    __asm__ volatile("csrs sstatus, %0" : : "r"(flags) : "memory");
}

static inline uint64_t arch_swap_acquire(uint64_t *p, uint64_t value)
{
    uint64_t old;

    __asm__ volatile("amoswap.d.aq %0, %z2, %1" : "=r"(old), "+A"(*p) : "rJ"(value) : "memory");
    return old;
}

static inline void arch_or_release(uint64_t *p, uint64_t bits)
{
    __asm__ volatile("amoor.d.rl zero, %z1, %0" : "+A"(*p) : "rJ"(bits) : "memory");
}

/* Branch out of the loop by asm goto: a flag would need another test behind it. */
#define ARCH_CAS(load, store, p, from, to)                                                         \
    do {                                                                                           \
        __asm__ goto("1: " load " t5, (%0)\n"                                                      \
                     "bne t5, %z1, %l[differs]\n" store " t6, %z2, (%0)\n"                         \
                     "bnez t6, 1b"                                                                 \
                     :                                                                             \
                     : "r"(p), "rJ"(from), "rJ"(to)                                                \
                     : "t5", "t6", "memory"                                                        \
                     : differs);                                                                   \
        return true;                                                                               \
    differs:                                                                                       \
        return false;                                                                              \
    } while (0)

static ALWAYS_INLINE bool arch_cas_acquire(uint64_t *p, uint64_t from, uint64_t to)
{
    ARCH_CAS("lr.d.aq", "sc.d", p, from, to);
}

static ALWAYS_INLINE bool arch_cas_release(uint64_t *p, uint64_t from, uint64_t to)
{
    ARCH_CAS("lr.d", "sc.d.rl", p, from, to);
}

static inline void arch_irq_enable(void)
{
    __asm__ volatile("csrsi sstatus, %0" : : "i"(SSTATUS_SIE) : "memory");
}

static inline void arch_irq_disable(void)
{
    __asm__ volatile("csrci sstatus, %0" : : "i"(SSTATUS_SIE) : "memory");
}

static inline bool arch_irq_is_enabled(void)
{
    unsigned long status;

    __asm__ volatile("csrr %0, sstatus" : "=r"(status) : : "memory");
    return status & SSTATUS_SIE;
}

static inline void arch_irq_unmask_causes(void)
{
    __asm__ volatile("csrs sie, %0" : : "r"(SIE_SEIE | SIE_SSIE) : "memory");
}

/*
 * Not volatile: only a switch changes the current thread, and the compiler cannot see through that
 * call.
 */
static inline struct arch_thread *arch_current(void)
{
    struct arch_thread *thread;

    __asm__("mv %0, tp" : "=r"(thread));
    return thread;
}

/* `pause` (Zihintpause) is a fence hint: a no-op where it is not implemented. */
static inline void arch_cpu_relax(void)
{
    __asm__ volatile(".4byte 0x0100000f" : : : "memory");
}

static inline void arch_wfi(void)
{
    __asm__ volatile("wfi" : : : "memory");
}

static inline void arch_mb(void)
{
    __asm__ volatile("fence rw, rw" : : : "memory");
}

static inline void arch_io_mb(void)
{
    __asm__ volatile("fence iorw, iorw" : : : "memory");
}

static inline void arch_fence_i(void)
{
    __asm__ volatile("fence.i" : : : "memory");
}

static inline uint64_t arch_cycles(void)
{
    uint64_t value;

    __asm__ volatile("rdcycle %0" : "=r"(value));
    return value;
}

static inline uint64_t arch_instret(void)
{
    uint64_t value;

    __asm__ volatile("rdinstret %0" : "=r"(value));
    return value;
}

static inline uintptr_t arch_frame_pointer(void)
{
    return (uintptr_t)__builtin_frame_address(0);
}

#endif
