SRCS := limits.c
DEPS := linux/abi arch/uaccess lib/base linux/clock linux/rlimit linux/task mm/vspace
EXPORTS := sys_*
