SRCS := rlimit.c
DEPS := lib/base
PUBLIC_DEPS := linux/abi
TEST_DEPS := arch/host
