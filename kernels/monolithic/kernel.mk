# The monolithic kernel: unmodified Linux programs in user mode.
SRCS := main.c init.c words.c root.c
COMPONENTS := \
    arch/riscv/boot arch/riscv/cpu arch/riscv/trap arch/riscv/context arch/riscv/paging \
    arch/riscv/fpu arch/riscv/sbi arch/riscv/smp arch/riscv/timer \
    arch/user arch/riscv/user arch/riscv/uaccess-user \
    platform/qemu-virt \
    core/startup core/klog core/panic core/console core/bootargs core/percpu core/lock core/irq core/driver \
    core/frame core/kmap $(HEAP_COMPONENT) core/time core/thread $(SCHED_COMPONENT) \
    core/power core/random core/work \
    drivers/ns16550a drivers/plic drivers/aplic drivers/syscon drivers/rtc-goldfish drivers/pflash \
    drivers/virtio-mmio drivers/virtio-pci drivers/virtio-blk drivers/virtio-rng drivers/blockdev \
    mm/vspace mm/filemap mm/pagecache \
    fs/vfs fs/ramfs fs/devfs fs/pipe fs/fifo fs/initrd fs/blockfile fs/fat fs/flusher \
    linux/syscall linux/task linux/lifecycle linux/exec linux/vdso linux/signal linux/futex linux/memory linux/reclaim linux/clock \
    linux/fd linux/file linux/poll linux/anon linux/mount linux/socket linux/tty linux/procfs linux/sysfs linux/riscv \
    lib/base lib/printf lib/string
