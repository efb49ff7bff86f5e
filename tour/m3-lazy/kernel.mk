# m1 with the fault path: lazily filled memory, copy on write.
SRCS := main.c program.S
COMPONENTS := \
    arch/riscv/boot arch/riscv/cpu arch/riscv/trap arch/riscv/context arch/riscv/paging \
    arch/riscv/fpu arch/riscv/sbi arch/riscv/smp arch/riscv/timer \
    arch/user arch/riscv/user \
    platform/qemu-virt \
    core/startup core/klog core/panic core/console core/irq core/driver core/power \
    $(HEAP_COMPONENT) core/thread $(SCHED_COMPONENT) core/sync \
    drivers/ns16550a drivers/plic \
    mm/vspace \
    lib/base lib/string lib/printf
