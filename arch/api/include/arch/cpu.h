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

/* Masks interrupts on this hart; returns the previous state for arch_irq_restore(). */
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

/* This hart: lets device and software interrupts through (the timer's: arch_timer_init). */
static inline void arch_irq_unmask_causes(void);

/* The thread that runs here; never NULL, not even in the first C function of the boot. */
static inline struct arch_thread *arch_current(void);

/* In a spin loop: lets the other hart of the core have the pipeline. */
static inline void arch_cpu_relax(void);

/* Sleeps until an interrupt is pending; with interrupts masked it still wakes, without a trap. */
static inline void arch_wfi(void);

/* A fence for ordinary memory (between harts) ... */
static inline void arch_mb(void);
/* ... and between memory and device registers: all earlier accesses before all later ones. */
static inline void arch_io_mb(void);

/*
 * Atomic, one instruction each with its ordering. Puts a value into *p and returns what was there,
 * before all later accesses; sets bits of *p, after all earlier ones.
 */
static inline uint64_t arch_swap_acquire(uint64_t *p, uint64_t value);
static inline void arch_or_release(uint64_t *p, uint64_t bits);
/* If *p is `from`, makes it `to`, with the ordering of taking a lock, and of giving it back. */
static inline bool arch_cas_acquire(uint64_t *p, uint64_t from, uint64_t to);
static inline bool arch_cas_release(uint64_t *p, uint64_t from, uint64_t to);

/* Makes this hart fetch the instructions that were stored before. For other harts: <arch/smp.h>. */
static inline void arch_fence_i(void);

/* Retired instructions and cycles of this hart where the machine lets us read them, else time. */
static inline uint64_t arch_cycles(void);
static inline uint64_t arch_instret(void);

/* Frame pointer and return address of the caller's frame, for backtraces. */
static inline uintptr_t arch_frame_pointer(void);

/* Optional extensions, found at boot from the device tree: same on all harts, or reported absent.
 */
enum arch_feature {
    ARCH_FEATURE_SSTC,   /* stimecmp */
    ARCH_FEATURE_ZBB,    /* clz, ctz, cpop */
    ARCH_FEATURE_FD,     /* single and double float */
    ARCH_FEATURE_H,      /* hypervisor extension */
    ARCH_FEATURE_V,      /* vector */
    ARCH_FEATURE_ZICBOZ, /* cbo.zero */
    ARCH_FEATURE_SVPBMT,
    ARCH_FEATURE_SVADE, /* software sets the A and D bits of page tables */
    ARCH_FEATURE_SVADU, /* or the hart can */
    ARCH_FEATURE_ZKR,
};
extern uint64_t arch_features;

/*
 * Reads an ISA string ("rv64imafdc_zba_...", property riscv,isa) or one name of
 * riscv,isa-extensions and returns the features named: BIT(ARCH_FEATURE_*).
 */
uint64_t arch_features_parse(const char *isa);
/*
 * The next extension's name in such a string: its length, 0 at the end; *isa moves behind it.
 * Single letters, then '_' and longer names: unprivileged specification, chapter 27.
 */
size_t arch_isa_next(const char **isa, const char **name);

static inline bool arch_has(enum arch_feature feature)
{
    return (arch_features >> feature) & 1;
}

/*
 * Every hart has Zbb: <bits/bits.h> counts zeros by it from here on. Once, on the boot hart, before
 * the others start. The kernel's text changes.
 */
void arch_zbb_enable(void);

/* Bytes that one cbo.zero clears (riscv,cboz-block-size of the boot hart), a power of two of at
 * most PAGE_SIZE / 8; 0 without Zicboz. */
extern uint32_t arch_cboz_block;

/* Zeroes whole pages of RAM, by cache blocks where the hart can: page is aligned to, nr_bytes a
 * multiple of, PAGE_SIZE. */
void arch_pages_clear(void *page, size_t nr_bytes);

#include <arch_impl/cpu.h>

#endif
