SRCS := machine.c
DEPS := arch/api lib/base
PROVIDES := linux-machine
