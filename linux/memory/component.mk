SRCS := memory.c
DEPS := arch/uaccess core/frame core/heap core/log linux/process mm/filemap mm/vspace fs/vfs
PUBLIC_DEPS := linux/abi lib/base
