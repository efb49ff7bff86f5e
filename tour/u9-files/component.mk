SRCS := main.c
DEPS := core/console core/log drivers/blockdev drivers/virtio-blk drivers/virtio-mmio drivers/virtio-pci \
    fs/ramfs fs/fat fs/vfs lib/printf lib/string
PUBLIC_DEPS := lib/base
PROVIDES := app
