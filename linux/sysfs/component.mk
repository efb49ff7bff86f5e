SRCS := sysfs.c
DEPS := lib/base lib/string lib/printf core/percpu drivers/blockdev fs/pseudofs
TEST_DEPS := core/frame core/heap core/heap-tlsf core/sched-fifo fs/ramfs arch/host
