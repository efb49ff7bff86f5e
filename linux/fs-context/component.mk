SRCS := fs_context.c
DEPS := core/heap
PUBLIC_DEPS := core/lock fs/vfs
