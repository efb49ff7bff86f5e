SRCS := rr.c
DEPS := core/sched lib/list
PROVIDES := sched-policy
TEST_DEPS := lib/prng
