SRCS := guestdt.c isa.c
DEPS := arch/api lib/printf lib/string
PUBLIC_DEPS := lib/base lib/fdt
