SRCS := bump.c
DEPS := lib/string core/frame core/lock
PROVIDES := heap
