SRCS := gstage.c
DEPS := arch/riscv/hext core/log
PUBLIC_DEPS := lib/base mm/vspace virt/vdev
