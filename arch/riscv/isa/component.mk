SRCS := isa.c
PUBLIC_DEPS := arch/api lib/base
OPTIMIZE := size
