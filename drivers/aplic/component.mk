SRCS := aplic.c
DEPS := arch/api arch/riscv/imsic core/driver core/irq core/kmap core/percpu core/lock \
    platform/api
OPTIMIZE := size
