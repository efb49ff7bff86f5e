SRCS :=
PUBLIC_DEPS := arch/api core/lock core/sched core/time lib/base lib/list
