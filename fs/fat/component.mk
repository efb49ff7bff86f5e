SRCS := volume.c bpb.c table.c body.c dir.c name.c namei.c inode.c times.c
DEPS := lib/base lib/string lib/bits lib/utf lib/list core/log core/heap core/frame core/sync core/uio arch/api \
    drivers/blockdev
PUBLIC_DEPS := lib/base fs/vfs
TEST_DEPS := core/faultinject fs/ramfs lib/prng arch/host
