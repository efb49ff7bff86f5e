SRCS := reclaim.c
DEPS := core/heap core/irq core/kmap core/percpu core/slab core/work fs/vfs mm/pagecache
OPTIMIZE := size
