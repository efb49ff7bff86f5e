SRCS := filemap.c
DEPS := core/frame core/heap core/log lib/string mm/pagecache
PUBLIC_DEPS := fs/vfs mm/vspace lib/base
