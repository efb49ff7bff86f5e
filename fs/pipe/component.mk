SRCS := pipe.c fifo.c
DEPS := lib/string core/heap core/slab core/frame
PUBLIC_DEPS := lib/base fs/vfs
TEST_DEPS := fs/ramfs core/heap-tlsf lib/prng arch/host
