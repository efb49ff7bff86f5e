SRCS := faultinject.c words.c
HOST_SRCS := faultinject.c
DEPS := arch/api core/bootargs core/lock core/log lib/string
PUBLIC_DEPS := lib/base
