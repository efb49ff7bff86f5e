SRCS := guestdt.c isa.c
DEPS := arch/api lib/printf lib/string lib/fdt
PUBLIC_DEPS := lib/base
