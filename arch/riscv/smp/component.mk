SRCS := smp.c start.S
DEPS := arch/riscv/cpu arch/riscv/sbi arch/riscv/trap
PROVIDES := arch-smp
OPTIMIZE := size
