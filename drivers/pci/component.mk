SRCS := pci.c pci_config.c
HOST_SRCS := pci_config.c
DEPS := arch/api core/driver core/heap core/irq core/kmap core/log lib/fdt lib/printf
PUBLIC_DEPS := lib/base
TEST_DEPS := core/time core/thread
