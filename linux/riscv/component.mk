SRCS := context.c cpu.c hwprobe.c
HOST_SRCS := cpu.c hwprobe.c
DEPS := linux/abi arch/api arch/riscv/isa arch/uaccess core/percpu fs/pseudofs lib/base lib/bits lib/string linux/lifecycle \
    linux/task linux/vdso mm/vspace platform/api
PROVIDES := linux-machine
EXPORTS := sys_*
TEST_DEPS := arch/host arch/host-paging arch/host-user core/frame core/heap core/heap-tlsf fs/ramfs linux/fdtable linux/fs-context linux/machine mm/vspace
