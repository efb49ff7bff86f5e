SRCS := cfi.c
HOST_SRCS := cfi.c
DEPS :=
PUBLIC_DEPS := lib/base
