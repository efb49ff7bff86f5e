SRCS := cred.c dentry.c device.c file.c fstype.c generic.c inode.c lookup.c mount.c namei.c open.c \
    attr.c poll.c
DEPS := lib/base lib/string arch/api core/log core/slab core/heap core/time
PUBLIC_DEPS := lib/base lib/list core/lock core/sync core/uio mm/pagecache
