SRCS := sort.c
DEPS :=
PUBLIC_DEPS := lib/base
