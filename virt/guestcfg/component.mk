SRCS := guestcfg.c
DEPS := lib/string
PUBLIC_DEPS := lib/base lib/fdt
