SRCS := hext.c enter.S access.S
DEPS := arch/api core/percpu
PUBLIC_DEPS := arch/api lib/base
