SRCS :=
HOST_SRCS := host.c
PUBLIC_DEPS := lib/base
CONTRACT := log panic
