SRCS := ring.c
DEPS :=
PUBLIC_DEPS := lib/base
