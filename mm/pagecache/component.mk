SRCS := pagecache.c tree.c transfer.c writeback.c
DEPS := lib/base lib/string arch/api core/log core/slab core/sync
PUBLIC_DEPS := lib/base lib/list core/lock core/frame core/uio
