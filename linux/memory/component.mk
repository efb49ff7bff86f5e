SRCS := memory.c
DEPS := arch/uaccess core/frame core/heap core/log linux/process mm/filemap mm/vspace lib/base
PUBLIC_DEPS := linux/abi
