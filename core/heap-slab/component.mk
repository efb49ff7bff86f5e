SRCS := heap.c
DEPS := core/frame core/slab core/log core/heap-debug core/heap-runs core/faultinject
PROVIDES := heap
TEST_DEPS := core/heap-suite arch/host
