SRCS := vspace.c vma.c map.c remap.c fault.c fill.c clear.c fork.c id.c access.c shared.c
DEPS := core/frame core/heap core/log core/percpu core/slab core/time lib/string
PUBLIC_DEPS := arch/api core/lock core/sync lib/base lib/list lib/rbtree
TEST_DEPS := arch/host arch/host-paging core/faultinject lib/prng
