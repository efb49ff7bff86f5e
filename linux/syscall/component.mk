SRCS := syscall.c
DEPS := lib/base arch/api arch/riscv/user core/log linux/process linux/exec linux/signal linux/futex linux/memory \
    linux/clock linux/file linux/abi
