SRCS := futex.c robust.c
DEPS := linux/abi arch/uaccess core/log linux/pending linux/task mm/vspace lib/base
EXPORTS := sys_*
