SRCS := initrd.c
DEPS := lib/base lib/string lib/cpio lib/inflate core/log core/frame core/heap arch/api fs/vfs fs/ramfs
PUBLIC_DEPS := lib/base
