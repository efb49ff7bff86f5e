SRCS := syscall.c
DEPS := lib/base arch/api arch/riscv/user core/log linux/task linux/identity linux/lifecycle linux/limits linux/priority linux/sysinfo linux/exec linux/signal linux/futex linux/memory \
    linux/clock linux/file linux/poll linux/anon linux/mount linux/socket linux/abi
