SRCS := fd.c
DEPS := linux/abi linux/task fs/vfs
PUBLIC_DEPS := lib/base linux/fdtable
TEST_DEPS := arch/host arch/host-paging core/frame core/heap core/heap-tlsf fs/ramfs linux/fdtable linux/fs-context linux/task mm/vspace
