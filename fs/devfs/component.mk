SRCS := devfs.c memdev.c
DEPS := lib/string core/log core/heap core/random fs/ramfs lib/base
PUBLIC_DEPS := fs/vfs
TEST_DEPS := core/frame core/heap-tlsf arch/host
