SRCS := notty.c
DEPS := core/console core/uio fs/devfs fs/vfs linux/process
