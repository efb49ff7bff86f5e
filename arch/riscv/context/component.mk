SRCS := switch.S context.c
DEPS := arch/riscv/cpu arch/riscv/fpu
PROVIDES := arch-context
OPTIMIZE := size
UNSANITIZED := all
