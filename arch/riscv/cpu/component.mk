SRCS := cpu.c clear.S
DEPS := arch/api
PUBLIC_DEPS := lib/base
PROVIDES := arch
OPTIMIZE := size
