SRCS := blockfile.c
DEPS := lib/base lib/string arch/uaccess core/log core/heap core/sync drivers/blockdev fs/vfs fs/devfs
TEST_DEPS := core/frame core/heap-tlsf core/percpu core/sched-fifo fs/ramfs arch/host
