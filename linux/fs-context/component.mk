SRCS := fs_context.c
DEPS := core/heap
PUBLIC_DEPS := core/lock fs/vfs
TEST_DEPS := fs/ramfs core/heap-tlsf arch/host core/frame
