SRCS := eventfd.c
DEPS := lib/base lib/string core/heap core/lock core/sync
PUBLIC_DEPS := core/file
TEST_DEPS := core/frame core/heap-tlsf arch/host
