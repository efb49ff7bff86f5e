SRCS := mount.c
DEPS := linux/abi lib/base arch/uaccess core/heap core/log linux/pathname linux/task
EXPORTS := sys_*
