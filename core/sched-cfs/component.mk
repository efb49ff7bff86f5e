SRCS := cfs.c
DEPS := lib/base lib/rbtree
PROVIDES := sched-policy
