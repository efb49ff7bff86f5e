/*
 * Floats, switched lazily. Contracts: <arch/fpu.h>, <fpu/fpu.h>.
 *
 * fpu_owner[cpu] is the owner whose state that hart's registers hold; an owner's cpu names the hart
 * that may hold its newest copy. The registers are valid for it only if both agree. The unit is on
 * (FS != Off) only while a valid owner runs, so dirty state is always that owner's.
 *
 * A thread that wrote floats in its last turn probably will again: its registers are loaded at the
 * switch instead of by a trap. Others pay nothing.
 */
#include <arch/context.h>
#include <arch/cpu.h>
#include <arch/fpu.h>
#include <arch/smp.h>
#include <arch/trap.h>
#include <fpu/fpu.h>
#include <riscv/csr.h>

#include "regs.h"

static struct arch_fpu *fpu_owner[NR_CPUS_MAX]; /* [p] */

static void fs_set(unsigned long fs)
{
    csr_clear(sstatus, SSTATUS_FS);
    csr_set(sstatus, fs);
}

static bool is_loaded(const struct arch_fpu *o, unsigned cpu)
{
    return fpu_owner[cpu] == o && o->cpu == cpu + 1;
}

static void load(struct arch_fpu *o, unsigned cpu)
{
    fs_set(SSTATUS_FS_INITIAL);
    fpu_regs_load(o->state);
    fs_set(SSTATUS_FS_CLEAN);
    fpu_owner[cpu] = o;
    o->cpu = cpu + 1;
}

/* Save the registers if they are newer than the owner's memory. */
static bool save_if_dirty(unsigned cpu)
{
    struct arch_fpu *o = fpu_owner[cpu];

    if ((csr_read(sstatus) & SSTATUS_FS) != SSTATUS_FS_DIRTY)
        return false;
    if (o)
        fpu_regs_save(o->state);
    fs_set(SSTATUS_FS_CLEAN);
    return true;
}

void fpu_switch(struct arch_thread *prev, struct arch_thread *next)
{
    unsigned cpu = prev->cpu;

    prev->fpu.is_recent = save_if_dirty(cpu);
    if (!next->fpu.state)
        fs_set(0);
    else if (is_loaded(&next->fpu, cpu))
        fs_set(SSTATUS_FS_CLEAN);
    else if (next->fpu.is_recent)
        load(&next->fpu, cpu);
    else
        fs_set(0);
}

void fpu_take(struct arch_fpu *o)
{
    unsigned cpu = arch_current()->cpu;

    if (!arch_has(ARCH_FEATURE_FD))
        return;
    save_if_dirty(cpu);
    if (!is_loaded(o, cpu))
        load(o, cpu);
    fs_set(0);
}

void fpu_put(struct arch_fpu *o, bool is_dirty)
{
    if (!arch_has(ARCH_FEATURE_FD))
        return;
    fs_set(SSTATUS_FS_CLEAN);
    if (is_dirty)
        fpu_regs_save(o->state);
    else
        fpu_fcsr_save(o->state);
    fs_set(0);
}

bool arch_fpu_trap(struct arch_thread *t, const struct trap_frame *frame)
{
    unsigned long flags = arch_irq_save();
    bool is_ours =
        t->fpu.state && (csr_read(sstatus) & SSTATUS_FS) == 0 && arch_has(ARCH_FEATURE_FD);

    /* The instruction is not decoded: with the unit on it either works or traps again. */
    if (is_ours) {
        if (is_loaded(&t->fpu, t->cpu))
            fs_set(SSTATUS_FS_CLEAN);
        else
            load(&t->fpu, t->cpu);
    }
    arch_irq_restore(flags);
    return is_ours;
}

void arch_fpu_save(struct arch_thread *t)
{
    unsigned long flags = arch_irq_save();

    save_if_dirty(t->cpu);
    arch_irq_restore(flags);
}

void arch_fpu_reload(struct arch_thread *t)
{
    unsigned long flags = arch_irq_save();

    t->fpu.cpu = 0;
    t->fpu.is_recent = 0;
    fs_set(0);
    arch_irq_restore(flags);
}

void arch_fpu_forget(struct arch_thread *t)
{
    unsigned long flags = arch_irq_save();

    /* A stale fpu_owner of another hart is harmless: ownership is valid only if t agrees. */
    t->fpu.cpu = 0;
    t->fpu.is_recent = 0;
    if (t == arch_current())
        fs_set(0);
    arch_irq_restore(flags);
}
