SRCS := cpu.c clear.S
PUBLIC_DEPS := arch/api lib/base
PROVIDES := arch
OPTIMIZE := size
