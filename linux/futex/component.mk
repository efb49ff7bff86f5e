SRCS := futex.c robust.c
DEPS := arch/uaccess core/log linux/process mm/vspace lib/base
PUBLIC_DEPS := linux/abi
