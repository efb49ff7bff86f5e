SRCS := pathname.c
DEPS := arch/uaccess core/heap linux/abi linux/fd linux/task
PUBLIC_DEPS := lib/base fs/vfs
TEST_DEPS := arch/host arch/host-paging core/frame core/heap core/heap-tlsf fs/ramfs linux/fdtable linux/fs-context linux/task mm/vspace
