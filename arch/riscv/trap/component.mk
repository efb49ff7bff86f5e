SRCS := entry.S trap.c
DEPS := arch/riscv/cpu
PROVIDES := arch-trap
EXPORTS := trap_from_kernel
OPTIMIZE := size
