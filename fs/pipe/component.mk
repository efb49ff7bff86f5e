SRCS := pipe.c side.c
DEPS := lib/base lib/string core/heap core/slab core/frame core/sync
PUBLIC_DEPS := core/file
TEST_DEPS := core/heap-tlsf lib/prng arch/host
