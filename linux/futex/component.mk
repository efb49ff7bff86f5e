SRCS := futex.c robust.c
DEPS := linux/abi arch/uaccess core/log linux/pending linux/task mm/vspace lib/base
EXPORTS := sys_*
TEST_DEPS := arch/host arch/host-paging arch/host-user core/frame core/heap core/heap-tlsf
