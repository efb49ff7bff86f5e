SRCS := imsic.c
DEPS := arch/riscv/cpu
PUBLIC_DEPS := lib/base
OPTIMIZE := size
