SRCS := virtio.c virtqueue.c
DEPS := core/heap core/log core/random
PUBLIC_DEPS := lib/base arch/api
TEST_DEPS := arch/host core/frame core/lock core/percpu core/heap-tlsf lib/list
