SRCS := console.c
DEPS := arch/api core/lock
PUBLIC_DEPS := lib/base
OPTIMIZE := size
