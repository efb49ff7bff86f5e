SRCS := virtio_rng.c
DEPS := core/heap core/lock core/random drivers/virtio
