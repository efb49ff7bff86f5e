SRCS := heapdebug.c
DEPS := lib/list lib/string core/log core/lock
PUBLIC_DEPS := lib/base core/faultinject core/heap
