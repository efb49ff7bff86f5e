SRCS := flusher.c
DEPS := core/work mm/pagecache fs/vfs
PUBLIC_DEPS := lib/base
TEST_DEPS := arch/host core/heap core/heap-tlsf core/irq core/frame core/thread core/time fs/ramfs
