SRCS := fd.c
DEPS := linux/abi linux/task fs/vfs
PUBLIC_DEPS := lib/base linux/fdtable
