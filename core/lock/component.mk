SRCS := spinlock.c
DEPS := core/log
PUBLIC_DEPS := lib/base arch/api
