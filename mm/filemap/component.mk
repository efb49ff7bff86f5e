SRCS := filemap.c
DEPS := core/heap lib/string mm/pagecache
PUBLIC_DEPS := fs/vfs mm/vspace lib/base
TEST_DEPS := arch/host arch/host-paging core/frame core/heap core/heap-tlsf core/thread fs/ramfs
