SRCS := faultinject.c words.c
HOST_SRCS := faultinject.c
DEPS := arch/api core/bootargs lib/string
PUBLIC_DEPS := lib/base
