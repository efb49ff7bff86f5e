SRCS := clock.c sleep.c itimer.c posix_timer.c cpu_timer.c
DEPS := linux/abi arch/uaccess core/heap core/log core/percpu lib/string linux/pending linux/task linux/vdso core/time lib/base
EXPORTS := sys_*
TEST_DEPS := arch/host arch/host-paging arch/host-user core/frame core/heap core/heap-tlsf core/irq core/time core/work linux/reclaim mm/vspace
