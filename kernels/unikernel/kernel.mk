# The unikernel: the application and the kernel are one image, one privilege level, one address space.
SRCS := main.c
USES_APP := 1
OPTIMIZE := size
COMPONENTS := \
    arch/riscv/boot arch/riscv/cpu arch/riscv/trap arch/riscv/context arch/riscv/paging \
    arch/riscv/fpu arch/riscv/sbi arch/riscv/smp arch/riscv/timer \
    platform/qemu-virt \
    core/startup core/klog core/panic core/console core/irq core/driver core/power \
    $(HEAP_COMPONENT) core/thread $(SCHED_COMPONENT) \
    drivers/ns16550a drivers/plic \
    lib/base lib/string \
    apps/api $(APPDIR)
DEFAULTS := arch/riscv/uaccess-same arch/riscv/hext
