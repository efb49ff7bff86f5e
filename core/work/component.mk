SRCS :=
PUBLIC_DEPS := core/lock core/sync core/time lib/base lib/list
