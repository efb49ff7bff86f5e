SRCS := cpu.c
DEPS := arch/api
PUBLIC_DEPS := lib/base
PROVIDES := arch
OPTIMIZE := size
