SRCS := plic.c
DEPS := arch/api core/driver core/irq core/kmap core/log core/percpu core/lock lib/fdt platform/api
OPTIMIZE := size
