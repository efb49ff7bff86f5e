SRCS := limits.c
DEPS := arch/uaccess lib/base linux/clock linux/task mm/vspace
PUBLIC_DEPS := linux/abi
