SRCS := rr.c
DEPS := lib/base lib/list
PROVIDES := sched-policy
