SRCS := deliver.c calls.c fault.c
DEPS := linux/machine linux/abi arch/api arch/uaccess arch/user core/heap core/log lib/string linux/anon linux/lifecycle linux/pending linux/task linux/vdso mm/vspace
PUBLIC_DEPS := lib/base
EXPORTS := sys_*
TEST_DEPS := arch/host arch/host-paging arch/host-user core/frame core/heap core/heap-tlsf core/power fs/ramfs linux/fdtable linux/fs-context
