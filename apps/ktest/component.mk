SRCS := ktest.c
DEPS := arch/api arch/uaccess drivers/pflash drivers/syscon drivers/virtio-blk drivers/virtio-mmio drivers/virtio-pci drivers/virtio-rng \
    core/bootargs core/frame core/heap core/irq core/kmap core/ktest core/memtest core/lock core/percpu core/random core/sync core/thread core/time \
    core/work lib/string virt/vcpu virt/vsbi
PROVIDES := app
