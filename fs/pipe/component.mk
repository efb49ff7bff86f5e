SRCS := pipe.c fifo.c
DEPS := lib/base lib/string core/heap core/frame core/sync arch/api
PUBLIC_DEPS := lib/base fs/vfs
