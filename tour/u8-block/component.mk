SRCS := main.c
DEPS := core/console core/heap core/sync core/thread drivers/blockdev drivers/virtio-blk drivers/virtio-mmio \
    drivers/virtio-pci drivers/syscon lib/printf lib/string
PUBLIC_DEPS := lib/base
PROVIDES := app
