SRCS := hook.c block.c place.c runq.c start.c thread.c
HOST_SRCS := host.c
OPTIMIZE := place.c start.c thread.c
DEPS := core/heap core/irq core/kmap core/log core/percpu core/sched lib/bits lib/printf lib/string
PUBLIC_DEPS := arch/api core/lock core/time lib/base lib/list
