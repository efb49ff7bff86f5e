SRCS := prng.c
DEPS :=
PUBLIC_DEPS := lib/base
