SRCS := virtio.c virtqueue.c
DEPS := arch/api core/heap core/log core/random
PUBLIC_DEPS := lib/base
TEST_DEPS := arch/host core/frame core/lock core/percpu core/heap-tlsf lib/list
