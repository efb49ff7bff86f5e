SRCS := fd.c
DEPS := linux/abi linux/task
PUBLIC_DEPS := lib/base linux/fdtable fs/vfs
