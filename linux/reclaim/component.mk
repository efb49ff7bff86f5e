SRCS := reclaim.c
DEPS := core/heap core/irq core/kmap core/percpu core/slab core/work fs/vfs mm/pagecache
OPTIMIZE := size
TEST_DEPS := arch/host core/heap-tlsf core/irq core/frame fs/ramfs mm/pagecache
