SRCS := bits.c
DEPS :=
PUBLIC_DEPS := lib/base
