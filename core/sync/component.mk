SRCS :=
PUBLIC_DEPS := core/lock core/thread core/time lib/base lib/list
