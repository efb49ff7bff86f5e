SRCS := aplic.c
DEPS := arch/api arch/riscv/imsic core/driver core/irq core/kmap core/log core/percpu core/lock \
    lib/fdt platform/api
OPTIMIZE := size
