SRCS := ktest.c
DEPS := core/bootargs core/ktest core/random core/sync core/thread core/work \
    drivers/pflash drivers/syscon drivers/virtio-blk drivers/virtio-mmio drivers/virtio-pci drivers/virtio-rng lib/string
PROVIDES := app
