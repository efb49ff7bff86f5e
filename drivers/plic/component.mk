SRCS := plic.c
DEPS := arch/api core/driver core/irq core/kmap core/percpu core/lock platform/api
OPTIMIZE := size
