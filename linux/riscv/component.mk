SRCS := context.c cpu.c hwprobe.c
DEPS := linux/abi arch/api arch/riscv/user arch/uaccess core/percpu fs/pseudofs lib/base lib/bits lib/string linux/lifecycle \
    linux/task linux/vdso mm/vspace platform/api
PROVIDES := linux-machine
EXPORTS := sys_*
