SRCS := utf.c
DEPS :=
PUBLIC_DEPS := lib/base
