SRCS := files.c
DEPS := core/log core/sync fs/initrd fs/ramfs fs/vfs lib/base platform/api arch/api
LIBS := apps/libc
