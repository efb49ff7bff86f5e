SRCS := ktest.c
DEPS := arch/api drivers/syscon core/bootargs core/frame core/irq core/kmap core/ktest core/memtest core/lock core/percpu core/sync core/thread core/time \
    core/work lib/string
PROVIDES := app
