SRCS := pagecache.c fill.c tree.c transfer.c writeback.c
DEPS := lib/string lib/bits core/log core/slab core/sync
PUBLIC_DEPS := lib/base lib/list core/lock core/frame core/uio
TEST_DEPS := lib/prng arch/host core/faultinject
