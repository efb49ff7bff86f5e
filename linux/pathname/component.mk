SRCS := pathname.c
DEPS := arch/uaccess core/heap linux/abi linux/fd linux/task
PUBLIC_DEPS := lib/base fs/vfs
