SRCS := crash.c
DEPS := arch/api core/log core/bootargs core/kmap core/lock core/thread core/time core/percpu lib/string
PROVIDES := app
