SRCS := rr.c
DEPS := core/sched lib/base lib/list
PROVIDES := sched-policy
TEST_DEPS := lib/prng
