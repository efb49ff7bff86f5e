SRCS :=
DEPS := lib/base lib/list
PROVIDES := sched-policy
