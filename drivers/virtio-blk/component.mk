SRCS := virtio_blk.c
DEPS := core/heap core/lock core/log drivers/blockdev drivers/virtio lib/list
