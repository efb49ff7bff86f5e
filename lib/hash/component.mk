SRCS := siphash.c
DEPS :=
PUBLIC_DEPS := lib/base
