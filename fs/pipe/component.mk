SRCS := pipe.c fifo.c
DEPS := lib/string core/heap core/slab core/frame lib/base
PUBLIC_DEPS := fs/vfs
TEST_DEPS := fs/ramfs core/heap-tlsf lib/prng arch/host
