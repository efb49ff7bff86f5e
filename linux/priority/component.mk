SRCS := priority.c
DEPS := linux/abi arch/uaccess core/log core/percpu lib/base linux/task
EXPORTS := sys_*
