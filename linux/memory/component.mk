SRCS := memory.c
DEPS := arch/uaccess core/frame core/heap core/log linux/fdtable linux/task mm/filemap mm/vspace lib/base
PUBLIC_DEPS := linux/abi
