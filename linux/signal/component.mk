SRCS := deliver.c calls.c fault.c
DEPS := linux/machine linux/abi arch/api arch/uaccess arch/user core/heap core/log lib/string linux/anon linux/lifecycle linux/pending linux/task linux/vdso mm/vspace
PUBLIC_DEPS := lib/base
EXPORTS := sys_*
