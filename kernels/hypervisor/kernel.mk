# The hypervisor: unmodified kernels run as guests in VS mode.
SRCS := main.c guests.c
COMPONENTS := \
    arch/riscv/boot arch/riscv/cpu arch/riscv/trap arch/riscv/context arch/riscv/paging \
    arch/riscv/fpu arch/riscv/sbi arch/riscv/smp arch/riscv/timer arch/guest arch/riscv/hext \
    platform/qemu-virt \
    core/startup core/klog core/panic core/console core/irq core/driver core/power core/random \
    $(HEAP_COMPONENT) core/thread $(SCHED_COMPONENT) \
    drivers/ns16550a drivers/plic drivers/aplic drivers/syscon \
    mm/vspace \
    virt/gstage virt/vcpu virt/vconsole virt/guestset virt/guestcfg virt/vm \
    lib/base lib/string lib/fdt
