SRCS := signal.c
DEPS := core/heap lib/base
PUBLIC_DEPS := linux/task
