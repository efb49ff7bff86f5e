SRCS := cfi.c pflash.c
HOST_SRCS := cfi.c
DEPS := arch/api core/driver core/heap core/kmap core/log core/sync core/thread core/time lib/string
PUBLIC_DEPS := lib/base
