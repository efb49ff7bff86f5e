SRCS := heapdebug.c
DEPS := lib/list core/log core/lock
PUBLIC_DEPS := lib/base core/faultinject core/heap lib/string
