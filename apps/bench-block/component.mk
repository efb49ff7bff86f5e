SRCS := bench.c
DEPS := arch/api core/console core/heap core/sync core/thread drivers/blockdev drivers/virtio-blk drivers/virtio-mmio \
    drivers/virtio-pci drivers/virtio-rng core/random lib/printf lib/string
PROVIDES := app
