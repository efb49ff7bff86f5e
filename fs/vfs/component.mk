SRCS := attr.c cred.c dcache.c dentry.c device.c file.c fstype.c generic.c icache.c inode.c locks.c lookup.c mount.c \
    namei.c open.c rename.c
DEPS := lib/string core/log core/slab core/heap core/time
PUBLIC_DEPS := lib/base lib/list core/lock core/sync core/file mm/pagecache
TEST_DEPS := core/heap-tlsf arch/host
