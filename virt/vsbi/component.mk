SRCS := vsbi.c
DEPS := lib/base
PUBLIC_DEPS := lib/base
