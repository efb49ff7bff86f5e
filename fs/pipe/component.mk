SRCS := pipe.c fifo.c
DEPS := lib/string core/heap core/slab core/frame
PUBLIC_DEPS := lib/base fs/vfs
