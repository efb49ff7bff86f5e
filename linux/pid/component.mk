SRCS := pid.c
PUBLIC_DEPS := lib/base lib/list
TEST_DEPS := arch/host
