SRCS := clock.c timer.c timer_heap.c
DEPS := core/irq core/lock core/log core/percpu
PUBLIC_DEPS := arch/api lib/base
TEST_DEPS := lib/prng
OPTIMIZE := size
