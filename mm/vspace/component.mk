SRCS := vspace.c vma.c map.c fault.c fork.c id.c access.c shared.c
DEPS := arch/api core/frame core/heap core/log core/percpu core/thread lib/bits lib/string
PUBLIC_DEPS := arch/api core/lock core/sync lib/base lib/list lib/rbtree
