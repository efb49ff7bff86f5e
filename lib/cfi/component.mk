SRCS := cfi.c
DEPS :=
PUBLIC_DEPS := lib/base
