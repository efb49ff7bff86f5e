/*
 * The arch contract, 1: the hart itself. Interrupt masking, barriers, waiting, the current thread.
 *
 * Everything here is `static inline`; the bodies come from the provider of the contract
 * (arch/riscv/cpu or arch/host), whose contract/ folder holds <arch_impl/cpu.h>.
 *
 * In kernel mode register tp always holds the current thread: the address of a struct arch_thread,
 * which is the first member of struct thread. gp is not used by the kernel.
 */
#ifndef ARCH_CPU_H
#define ARCH_CPU_H

#include <base/types.h>

struct arch_thread;

/* Mask interrupts on this hart; returns the previous state for arch_irq_restore(). */
static inline unsigned long arch_irq_save(void);
static inline void arch_irq_restore(unsigned long flags);
/*
 * The same for straight-line sections, one instruction each: nothing between the two may switch
 * threads or change any other part of the hart's status (floats, access to user memory).
 */
static inline unsigned long arch_irq_save_short(void);
static inline void arch_irq_restore_short(unsigned long flags);
static inline void arch_irq_enable(void);
static inline void arch_irq_disable(void);
static inline bool arch_irq_is_enabled(void);

/* Unmask device and software interrupts on this hart (the timer's: arch_timer_init()). */
static inline void arch_irq_unmask_causes(void);

/* Return the running thread; never NULL, not even in the first C function of the boot. */
static inline struct arch_thread *arch_current(void);

/* Hint in a spin loop: yield the pipeline to the core's other hart. */
static inline void arch_cpu_relax(void);

/* Sleep until an interrupt is pending; with interrupts masked it wakes too, without a trap. */
static inline void arch_wfi(void);

/* A fence for ordinary memory (between harts) ... */
static inline void arch_mb(void);
/* ... and between memory and device registers: all earlier accesses before all later ones. */
static inline void arch_io_mb(void);

/*
 * Atomics of one instruction each. Exchange *p and return the old value, with acquire ordering; set
 * bits of *p, with release ordering.
 */
static inline uint64_t arch_swap_acquire(uint64_t *p, uint64_t value);
static inline void arch_or_release(uint64_t *p, uint64_t bits);
/* Compare and exchange: if *p is `from` set it to `to`, with acquire, respectively release,
 * ordering. */
static inline bool arch_cas_acquire(uint64_t *p, uint64_t from, uint64_t to);
static inline bool arch_cas_release(uint64_t *p, uint64_t from, uint64_t to);

/* Synchronise this hart's instruction fetch with earlier stores. For other harts: <arch/smp.h>. */
static inline void arch_fence_i(void);

/* Retired instructions and cycles of this hart if they can be read, else the time. */
static inline uint64_t arch_cycles(void);
static inline uint64_t arch_instret(void);

/* Frame pointer and return address of the caller's frame, for backtraces. */
static inline uintptr_t arch_frame_pointer(void);

/* Optional extensions, found at boot from the device tree: same on all harts, or reported
 * absent. */
enum arch_feature {
    ARCH_FEATURE_SSTC,   /* stimecmp */
    ARCH_FEATURE_ZBB,    /* clz, ctz, cpop */
    ARCH_FEATURE_FD,     /* single and double float */
    ARCH_FEATURE_H,      /* hypervisor extension */
    ARCH_FEATURE_V,      /* vector */
    ARCH_FEATURE_ZICBOZ, /* cbo.zero */
    ARCH_FEATURE_SVPBMT,
    ARCH_FEATURE_SVADE, /* the hart faults on clear A and D bits */
    ARCH_FEATURE_SVADU, /* the hart can set A and D bits */
    ARCH_FEATURE_ZKR,
};
extern uint64_t arch_features;

/*
 * Parse an ISA string ("rv64imafdc_zba_...", property riscv,isa) or one name of
 * riscv,isa-extensions; returns the features: BIT(ARCH_FEATURE_*).
 */
uint64_t arch_features_parse(const char *isa);

static inline bool arch_has(enum arch_feature feature)
{
    return (arch_features >> feature) & 1;
}

/*
 * Patch the kernel's text so that <bits/bits.h> uses Zbb, which every hart has. Once, on the boot
 * hart, before the others start.
 */
void arch_zbb_enable(void);

/* Set the block size of cbo.zero (riscv,cboz-block-size of the boot hart), a power of two of at
 * most PAGE_SIZE / 8; 0 without Zicboz. */
extern uint32_t arch_cboz_block;

/* Zero whole pages of RAM, with cbo.zero if available. page is aligned to, nr_bytes a multiple of,
 * PAGE_SIZE. */
void arch_pages_clear(void *page, size_t nr_bytes);

#include <arch_impl/cpu.h>

#endif
