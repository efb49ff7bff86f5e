SRCS := memory.c
DEPS := linux/abi arch/uaccess core/frame core/heap core/log linux/fdtable linux/task mm/filemap mm/vspace lib/base
EXPORTS := sys_*
