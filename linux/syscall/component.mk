SRCS := syscall.c
DEPS := linux/machine lib/base arch/api arch/user core/log linux/task linux/identity linux/lifecycle linux/limits linux/priority linux/sysinfo linux/exec linux/signal linux/futex linux/memory \
    linux/clock linux/file linux/poll linux/anon linux/mount linux/socket linux/abi
TEST_DEPS := arch/host arch/host-paging arch/host-user core/file core/frame core/heap core/heap-tlsf core/thread fs/ramfs linux/fd linux/fdtable linux/fs-context mm/vspace
