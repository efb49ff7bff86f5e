SRCS := table.c process.c fs_context.c clone.c exit.c wait.c signal.c group.c capability.c identity.c limits.c sched.c \
    system.c hwprobe.c user_account.c
DEPS := arch/uaccess arch/riscv/user arch/api core/frame core/heap core/log core/panic core/percpu core/power \
    core/random lib/bits lib/string linux/reclaim linux/vdso mm/vspace platform/api
PUBLIC_DEPS := linux/abi fs/vfs lib/base lib/list core/lock core/sync core/thread core/time
