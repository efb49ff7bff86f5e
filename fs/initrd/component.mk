SRCS := initrd.c
DEPS := lib/string lib/cpio lib/inflate core/log core/frame core/heap fs/vfs fs/ramfs
PUBLIC_DEPS := lib/base
TEST_DEPS := core/heap-tlsf lib/prng arch/host
