SRCS := sigqueue.c
DEPS := core/heap lib/base
PUBLIC_DEPS := lib/list linux/abi linux/cred
TEST_DEPS := arch/host core/frame core/heap-tlsf
