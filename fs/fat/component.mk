SRCS := volume.c bpb.c table.c body.c dir.c dirwrite.c name.c namei.c inode.c times.c
DEPS := lib/string lib/bits lib/utf lib/list core/log core/heap core/frame core/sync arch/api \
    drivers/blockdev fs/vfs
PUBLIC_DEPS := lib/base
TEST_DEPS := core/faultinject fs/ramfs lib/prng arch/host
