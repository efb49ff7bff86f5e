SRCS := virtio_pci.c
DEPS := arch/api core/heap core/kmap core/log drivers/pci drivers/virtio
