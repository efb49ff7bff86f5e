SRCS := pflash.c
DEPS := arch/api core/driver core/heap core/kmap core/log core/sync core/thread core/time lib/cfi lib/string
PUBLIC_DEPS := lib/base
