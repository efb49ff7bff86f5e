SRCS := entry.S user.c
DEPS := arch/riscv/cpu arch/riscv/isa arch/riscv/sbi arch/riscv/trap
PROVIDES := user
