SRCS := system.c
DEPS := linux/machine linux/abi arch/uaccess core/frame core/log core/panic core/percpu core/power core/random lib/base lib/string \
    linux/pending linux/task
EXPORTS := sys_*
TEST_DEPS := arch/host arch/host-paging arch/host-user core/heap core/heap-tlsf
