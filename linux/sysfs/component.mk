SRCS := sysfs.c
DEPS := lib/base lib/string lib/printf core/percpu drivers/blockdev fs/pseudofs
