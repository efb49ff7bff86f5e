SRCS := vcpu.c exit.c sbi.c fence.c memory.c stage.c
HOST_SRCS := host.c
DEPS := arch/api core/log core/percpu lib/bits lib/string virt/vsbi lib/base
PUBLIC_DEPS := arch/guest core/lock core/thread core/time virt/gstage virt/insn virt/vdev
