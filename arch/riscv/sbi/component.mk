SRCS := sbi.c
DEPS := arch/riscv/cpu arch/api
PUBLIC_DEPS := lib/base
PROVIDES := arch-power
OPTIMIZE := size
