SRCS := devfs.c memdev.c
DEPS := lib/string core/log core/heap core/random fs/ramfs lib/base
PUBLIC_DEPS := fs/vfs
