SRCS := futex.c robust.c
DEPS := arch/api arch/uaccess core/frame core/log lib/string linux/process mm/vspace
PUBLIC_DEPS := linux/abi lib/base
