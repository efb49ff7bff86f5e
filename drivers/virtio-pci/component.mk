SRCS := virtio_pci.c
DEPS := arch/api core/heap core/log drivers/pci drivers/virtio
