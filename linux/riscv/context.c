/*
 * Conversion between trap frames and the registers in signal frames.
 */
#include <arch/fpu.h>
#include <arch/trap.h>
#include <machine/machine.h>
#include <string/string.h>

void machine_context_save(struct machine_context *context, const struct trap_frame *frame,
                          const struct arch_fpu_state *fpu)
{
    memcpy(context->regs, frame->x, sizeof(context->regs));
    memcpy(context->d.f, fpu->f, sizeof(fpu->f));
    context->d.fcsr = (uint32_t)fpu->fcsr;
}

void machine_context_load(const struct machine_context *context, struct trap_frame *frame,
                          struct arch_fpu_state *fpu)
{
    memcpy(frame->x, context->regs, sizeof(context->regs));
    memcpy(fpu->f, context->d.f, sizeof(fpu->f));
    fpu->fcsr = context->d.fcsr & 0xff;
}
