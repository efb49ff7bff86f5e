SRCS := clone.c exit.c wait.c init.c
DEPS := linux/abi arch/uaccess arch/user core/heap core/log core/power lib/base lib/string linux/clock linux/anon linux/fdtable linux/fs-context linux/futex \
    linux/rlimit linux/pending linux/tty mm/vspace
PUBLIC_DEPS := linux/task
EXPORTS := sys_*
TEST_DEPS := arch/host arch/host-paging arch/host-user core/faultinject core/frame core/heap core/heap-tlsf fs/ramfs
