SRCS := gstage.c
DEPS := arch/riscv/hext core/lock core/percpu lib/base
PUBLIC_DEPS := mm/vspace virt/vdev
