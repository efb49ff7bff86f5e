SRCS := heap.c
DEPS := lib/bits lib/list lib/string core/frame core/lock core/log core/heap-debug core/faultinject
PROVIDES := heap
TEST_DEPS := core/heap-suite arch/host
