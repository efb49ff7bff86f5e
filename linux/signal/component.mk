SRCS := deliver.c calls.c fault.c trampoline.c
DEPS := arch/api arch/uaccess arch/riscv/user core/frame core/heap core/log lib/string linux/process mm/vspace
PUBLIC_DEPS := linux/abi lib/base
