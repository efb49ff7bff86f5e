SRCS := take.c send.c
DEPS := lib/base
PUBLIC_DEPS := linux/task
TEST_DEPS := arch/host arch/host-paging core/frame core/heap core/heap-tlsf
