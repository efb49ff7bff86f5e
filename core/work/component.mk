SRCS := work.c
DEPS := core/log core/thread
PUBLIC_DEPS := core/lock core/sync core/time lib/base lib/list
