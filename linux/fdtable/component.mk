SRCS := fdtable.c
DEPS := lib/bits lib/string core/heap
PUBLIC_DEPS := lib/base core/lock core/file
TEST_DEPS := core/frame core/heap core/heap-tlsf arch/host
