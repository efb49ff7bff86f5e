SRCS := gstage.c
DEPS := arch/riscv/hext core/lock core/log core/percpu
PUBLIC_DEPS := lib/base mm/vspace virt/vdev
