SRCS := system.c
DEPS := linux/machine linux/abi arch/uaccess core/frame core/log core/panic core/percpu core/power core/random lib/base lib/string \
    linux/lifecycle linux/pending linux/task
EXPORTS := sys_*
