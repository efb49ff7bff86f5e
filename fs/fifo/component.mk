SRCS := fifo.c
DEPS := lib/base lib/string fs/pipe fs/vfs
PUBLIC_DEPS := core/file
TEST_DEPS := core/frame core/heap fs/ramfs core/heap-tlsf lib/prng arch/host
