SRCS := input.c ioctl.c job.c output.c pty.c read.c tty.c
DEPS := lib/string lib/printf arch/uaccess core/bootargs core/console core/log core/heap core/work core/time linux/pending linux/task linux/abi fs/devfs fs/pseudofs
PUBLIC_DEPS := lib/base core/lock core/sync fs/vfs
TEST_DEPS := arch/host arch/host-paging arch/host-user core/frame core/heap core/heap-tlsf core/file core/thread core/uio fs/ramfs linux/fdtable linux/fs-context linux/task mm/vspace
