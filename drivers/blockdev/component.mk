SRCS := blockdev.c partition.c sync.c
HOST_SRCS := blockdev.c partition.c
DEPS := arch/api core/heap core/lock core/log core/sync lib/crc32 lib/printf lib/string
PUBLIC_DEPS := lib/base lib/list
