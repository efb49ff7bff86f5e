SRCS := entry.S user.c
DEPS := arch/riscv/cpu arch/riscv/sbi arch/riscv/trap
PUBLIC_DEPS := lib/base
PROVIDES := user
