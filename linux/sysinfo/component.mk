SRCS := system.c hwprobe.c
DEPS := linux/abi arch/api arch/uaccess arch/riscv/user core/frame core/log core/panic core/percpu core/power core/random lib/base lib/bits lib/string \
    linux/lifecycle linux/pending linux/task linux/vdso mm/vspace platform/api
EXPORTS := sys_*
