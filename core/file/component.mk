SRCS := file.c poll.c
DEPS := core/heap
PUBLIC_DEPS := lib/base lib/list core/lock core/sync core/uio
TEST_DEPS := core/frame core/heap core/heap-tlsf arch/host
