/* Between regs.S and fpu.c. */
#ifndef FPU_REGS_H
#define FPU_REGS_H

struct arch_fpu_state;

void fpu_regs_save(struct arch_fpu_state *state);
void fpu_fcsr_save(struct arch_fpu_state *state); /* fcsr alone */
void fpu_regs_load(const struct arch_fpu_state *state);

#endif
