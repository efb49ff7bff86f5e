SRCS := chacha20.c
DEPS :=
PUBLIC_DEPS := lib/base
