SRCS := clock.c sleep.c itimer.c posix_timer.c cpu_timer.c
DEPS := linux/abi arch/uaccess core/heap core/log core/percpu lib/string linux/pending linux/task linux/vdso core/time lib/base
EXPORTS := sys_*
