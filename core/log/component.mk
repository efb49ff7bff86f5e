SRCS := log.c
HOST_SRCS := host.c
DEPS := arch/api lib/printf lib/string core/console core/bootargs
PUBLIC_DEPS := lib/base
