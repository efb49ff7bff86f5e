SRCS := priority.c
DEPS := linux/abi arch/uaccess core/log core/percpu lib/base linux/task
EXPORTS := sys_*
TEST_DEPS := arch/host arch/host-paging arch/host-user core/frame core/heap core/heap-tlsf
