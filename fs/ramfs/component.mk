SRCS := ramfs.c body.c options.c
DEPS := lib/string core/log core/heap core/frame
PUBLIC_DEPS := lib/base fs/vfs
