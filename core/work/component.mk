SRCS := work.c
DEPS := core/log
PUBLIC_DEPS := core/lock core/sync core/thread core/time lib/base lib/list
