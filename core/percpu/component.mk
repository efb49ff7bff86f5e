SRCS := percpu.c
DEPS := lib/string
PUBLIC_DEPS := lib/base arch/api
