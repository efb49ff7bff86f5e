SRCS := filemap.c
DEPS := core/heap lib/string mm/pagecache
PUBLIC_DEPS := fs/vfs mm/vspace lib/base
