SRCS := irq.c ipi.c
DEPS := arch/api core/log core/percpu core/lock
PUBLIC_DEPS := lib/base
OPTIMIZE := size
