SRCS := regs.S fpu.c
DEPS := arch/riscv/cpu
PUBLIC_DEPS := arch/api
PROVIDES := arch-fpu
