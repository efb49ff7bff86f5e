SRCS := virtio.c virtqueue.c
HOST_SRCS := virtqueue.c
DEPS := arch/api core/heap core/log
PUBLIC_DEPS := lib/base
