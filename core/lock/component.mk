SRCS := spinlock.c order.c stat.c delay.c
HOST_SRCS := host.c delay.c
DEPS := core/log lib/prng lib/string
PUBLIC_DEPS := lib/base arch/api
TEST_DEPS := arch/host
