SRCS :=
DEPS := lib/base
PROVIDES := sched-policy
