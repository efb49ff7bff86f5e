SRCS := take.c send.c
DEPS := lib/base
PUBLIC_DEPS := linux/task
