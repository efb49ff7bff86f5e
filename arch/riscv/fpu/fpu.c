/*
 * Floats, switched lazily. Contract: <arch/fpu.h>.
 *
 * fpu_owner[cpu] is the thread whose state that hart's registers hold; a thread's fpu_cpu names the
 * hart that may hold its newest copy. Only if both agree are the registers valid for the thread.
 * The unit is on (FS != Off) only while a valid owner runs.
 *
 * A thread that wrote floats in its last turn probably will again: its registers are loaded at the
 * switch instead of by a trap. One that did not pays nothing.
 */
#include <arch/context.h>
#include <arch/cpu.h>
#include <arch/fpu.h>
#include <arch/smp.h>
#include <arch/trap.h>
#include <fpu/fpu.h>
#include <riscv/csr.h>

#include "regs.h"

static struct arch_thread *fpu_owner[NR_CPUS_MAX]; /* [p] */

static void fs_set(unsigned long fs)
{
    csr_clear(sstatus, SSTATUS_FS);
    csr_set(sstatus, fs);
}

static bool is_loaded(const struct arch_thread *t, unsigned cpu)
{
    return fpu_owner[cpu] == t && t->fpu_cpu == cpu + 1;
}

static void load(struct arch_thread *t, unsigned cpu)
{
    fs_set(SSTATUS_FS_INITIAL);
    fpu_regs_load(t->fpu);
    fs_set(SSTATUS_FS_CLEAN);
    fpu_owner[cpu] = t;
    t->fpu_cpu = cpu + 1;
}

/* Are the registers newer than t->fpu? Then brings it up to date. */
static bool save_if_dirty(struct arch_thread *t)
{
    if ((csr_read(sstatus) & SSTATUS_FS) != SSTATUS_FS_DIRTY)
        return false;
    if (t->fpu != NULL)
        fpu_regs_save(t->fpu);
    fs_set(SSTATUS_FS_CLEAN);
    return true;
}

void fpu_switch(struct arch_thread *prev, struct arch_thread *next)
{
    unsigned cpu = prev->cpu;

    prev->fpu_recent = save_if_dirty(prev);
    if (next->fpu == NULL)
        fs_set(0);
    else if (is_loaded(next, cpu))
        fs_set(SSTATUS_FS_CLEAN);
    else if (next->fpu_recent)
        load(next, cpu);
    else
        fs_set(0);
}

bool arch_fpu_trap(struct arch_thread *t, const struct trap_frame *frame)
{
    unsigned long flags = arch_irq_save();
    bool is_ours =
        t->fpu != NULL && (csr_read(sstatus) & SSTATUS_FS) == 0 && arch_has(ARCH_FEATURE_FD);

    /* Whatever the instruction is: with the unit on it either works or traps again as what it is.
     */
    if (is_ours) {
        if (is_loaded(t, t->cpu))
            fs_set(SSTATUS_FS_CLEAN);
        else
            load(t, t->cpu);
    }
    arch_irq_restore(flags);
    return is_ours;
}

void arch_fpu_save(struct arch_thread *t)
{
    unsigned long flags = arch_irq_save();

    save_if_dirty(t);
    arch_irq_restore(flags);
}

void arch_fpu_reload(struct arch_thread *t)
{
    unsigned long flags = arch_irq_save();

    t->fpu_cpu = 0;
    t->fpu_recent = 0;
    fs_set(0);
    arch_irq_restore(flags);
}

void arch_fpu_forget(struct arch_thread *t)
{
    unsigned long flags = arch_irq_save();

    /* A hart that still names t as owner is harmless: ownership counts only if t agrees. */
    t->fpu_cpu = 0;
    t->fpu_recent = 0;
    if (t == arch_current())
        fs_set(0);
    arch_irq_restore(flags);
}
