SRCS := heapdebug.c
DEPS := lib/list core/log core/lock lib/shadow
PUBLIC_DEPS := lib/base core/faultinject core/heap lib/string
UNSANITIZED := address
