SRCS := virtio_blk.c
DEPS := core/heap core/lock core/log drivers/blockdev drivers/virtio lib/list
TEST_DEPS := arch/host arch/api core/frame core/percpu core/sched-fifo core/heap-tlsf lib/crc32
