/*
 * Registers in signal frames: as they are.
 */
#include <machine/machine.h>

void machine_context_save(struct machine_context *context, const struct trap_frame *frame,
                          const struct arch_fpu_state *fpu)
{
    context->frame = *frame;
    context->fpu = *fpu;
}

void machine_context_load(const struct machine_context *context, struct trap_frame *frame,
                          struct arch_fpu_state *fpu)
{
    *frame = context->frame;
    *fpu = context->fpu;
}

uint64_t machine_hwcap(void)
{
    return 0;
}

void machine_show_cpuinfo(struct seq *seq)
{
    (void)seq;
}
