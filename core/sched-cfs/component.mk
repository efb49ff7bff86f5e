SRCS := cfs.c
DEPS := lib/base lib/rbtree
PROVIDES := sched-policy
TEST_DEPS := lib/prng
