SRCS := futex.c robust.c
DEPS := arch/uaccess core/log linux/pending linux/task mm/vspace lib/base
PUBLIC_DEPS := linux/abi
