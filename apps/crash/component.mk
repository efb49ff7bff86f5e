SRCS := crash.c
DEPS := arch/api core/console core/log core/power core/bootargs core/heap core/kmap core/lock core/sync core/thread core/time core/percpu lib/string
PROVIDES := app
