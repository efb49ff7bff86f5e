SRCS := cfs.c
DEPS := core/sched lib/rbtree
PROVIDES := sched-policy
TEST_DEPS := lib/prng
