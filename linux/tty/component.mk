SRCS := input.c ioctl.c job.c output.c pty.c read.c tty.c
DEPS := lib/string lib/printf arch/uaccess core/bootargs core/console core/log core/heap core/work core/time linux/pending linux/task linux/abi fs/devfs fs/pseudofs
PUBLIC_DEPS := lib/base core/lock core/sync fs/vfs
