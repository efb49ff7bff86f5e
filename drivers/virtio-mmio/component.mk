SRCS := virtio_mmio.c
DEPS := arch/api core/driver core/heap core/irq core/kmap core/log drivers/virtio
