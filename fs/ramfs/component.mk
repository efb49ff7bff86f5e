SRCS := ramfs.c body.c options.c
DEPS := lib/string core/log core/heap core/frame lib/base
PUBLIC_DEPS := fs/vfs
TEST_DEPS := core/heap-tlsf lib/prng arch/host
