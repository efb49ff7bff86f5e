SRCS := percpu.c
HOST_SRCS := host.c
DEPS := lib/string
PUBLIC_DEPS := lib/base arch/api
OPTIMIZE := size
