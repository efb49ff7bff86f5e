SRCS := ramfs.c body.c options.c
DEPS := lib/base lib/string core/log core/heap core/frame arch/api fs/pipe
PUBLIC_DEPS := lib/base fs/vfs
