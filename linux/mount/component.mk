SRCS := mount.c
DEPS := linux/abi lib/base arch/uaccess core/heap core/log linux/pathname linux/task
EXPORTS := sys_*
TEST_DEPS := arch/host arch/host-paging core/frame core/heap core/heap-tlsf fs/ramfs linux/fdtable linux/fs-context linux/task mm/vspace
