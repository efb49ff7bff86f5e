SRCS := timer.c
DEPS := arch/riscv/cpu arch/riscv/sbi
PROVIDES := arch-timer
OPTIMIZE := size
