SRCS := cpu.c clear.S
DEPS := arch/riscv/isa
PUBLIC_DEPS := arch/api lib/base
PROVIDES := arch
OPTIMIZE := size
