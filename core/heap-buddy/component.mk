SRCS := heap.c
DEPS := lib/bits core/frame core/lock core/log core/heap-debug core/heap-runs core/faultinject
PROVIDES := heap
TEST_DEPS := core/heap-suite arch/host
