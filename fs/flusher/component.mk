SRCS := flusher.c
DEPS := core/work mm/pagecache fs/vfs
PUBLIC_DEPS := lib/base
