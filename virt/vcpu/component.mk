SRCS := vcpu.c exit.c sbi.c fence.c
DEPS := core/lock core/log core/percpu lib/bits lib/string virt/vsbi
PUBLIC_DEPS := arch/riscv/hext core/thread core/time lib/base virt/gstage virt/insn
