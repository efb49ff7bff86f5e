SRCS :=
PUBLIC_DEPS := lib/base
CONTRACT := sched-policy
