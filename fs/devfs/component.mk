SRCS := devfs.c memdev.c
DEPS := lib/string core/log core/heap core/random fs/ramfs
PUBLIC_DEPS := lib/base fs/vfs
