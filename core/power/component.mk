SRCS := power.c
DEPS := arch/api
PUBLIC_DEPS := lib/base
OPTIMIZE := size
