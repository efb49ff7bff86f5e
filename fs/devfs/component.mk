SRCS := devfs.c memdev.c
DEPS := lib/base lib/string core/log core/random fs/ramfs
PUBLIC_DEPS := lib/base fs/vfs
