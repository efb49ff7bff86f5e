SRCS := priority.c
DEPS := arch/uaccess core/log core/percpu lib/base linux/task
PUBLIC_DEPS := linux/abi
