SRCS := limits.c
DEPS := linux/abi arch/uaccess lib/base linux/clock linux/rlimit linux/task mm/vspace
EXPORTS := sys_*
TEST_DEPS := arch/host arch/host-paging arch/host-user core/frame core/heap core/heap-tlsf
