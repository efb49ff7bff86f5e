SRCS := guestcfg.c
DEPS := lib/printf lib/string
PUBLIC_DEPS := lib/base lib/fdt
