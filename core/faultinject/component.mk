SRCS := faultinject.c words.c
HOST_SRCS := faultinject.c
DEPS := core/bootargs lib/string
PUBLIC_DEPS := lib/base
