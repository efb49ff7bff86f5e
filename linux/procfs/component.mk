SRCS := cpu.c debug.c fd.c links.c maps.c mounts.c process.c procfs.c status.c sysctl.c system.c
DEPS := linux/machine lib/base lib/bits lib/string lib/printf arch/api core/log core/heap core/frame \
    core/slab core/irq core/lock core/percpu core/thread core/time core/work core/bootargs core/random \
    core/faultinject drivers/blockdev mm/vspace mm/pagecache fs/vfs fs/pipe fs/pseudofs linux/fs-context linux/sysinfo linux/task \
    linux/fd linux/fdtable linux/reclaim linux/tty
TEST_DEPS := arch/host arch/host-paging arch/host-user core/heap-tlsf core/file fs/ramfs linux/fdtable
