SRCS := faultinject.c
DEPS :=
PUBLIC_DEPS := lib/base
