SRCS := guest.c
PUBLIC_DEPS := lib/base
PROVIDES := guest
