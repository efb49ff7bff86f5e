SRCS := percpu.c
DEPS := core/frame lib/string
PUBLIC_DEPS := lib/base arch/api
