SRCS := memory.c
DEPS := linux/abi arch/uaccess core/frame core/heap core/log linux/fdtable linux/task mm/filemap mm/vspace lib/base
EXPORTS := sys_*
TEST_DEPS := arch/host arch/host-paging core/frame core/heap core/heap-tlsf fs/ramfs linux/fdtable linux/fs-context linux/task mm/vspace
