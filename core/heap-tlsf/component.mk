SRCS := heap.c
DEPS := lib/bits lib/string core/frame core/tlsf core/tlsf-cache core/lock core/percpu core/log core/heap-debug core/faultinject
PROVIDES := heap
TEST_DEPS := core/heap-suite arch/host
UNSANITIZED := address
