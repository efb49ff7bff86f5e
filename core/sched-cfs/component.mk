SRCS := cfs.c
DEPS := core/sched lib/base lib/rbtree
PROVIDES := sched-policy
TEST_DEPS := lib/prng
