SRCS := host.c
DEPS := arch/api
PUBLIC_DEPS := lib/base
PROVIDES := arch arch-trap arch-context arch-fpu arch-smp arch-timer arch-power
