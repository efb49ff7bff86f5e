SRCS :=
PUBLIC_DEPS := lib/base lib/list lib/rbtree
CONTRACT := sched-policy
