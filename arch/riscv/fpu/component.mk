SRCS := regs.S fpu.c
DEPS := arch/riscv/cpu arch/api
PROVIDES := arch-fpu
