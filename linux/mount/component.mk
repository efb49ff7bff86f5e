SRCS := mount.c
DEPS := lib/base arch/uaccess core/heap core/log linux/pathname linux/task
PUBLIC_DEPS := linux/abi
