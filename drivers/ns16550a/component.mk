SRCS := ns16550a.c
DEPS := arch/api core/console core/driver core/irq core/kmap core/log
OPTIMIZE := size
