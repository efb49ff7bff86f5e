SRCS := cfs.c
DEPS := core/sched lib/list lib/rbtree
PROVIDES := sched-policy
TEST_DEPS := lib/prng
