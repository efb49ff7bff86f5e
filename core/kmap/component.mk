SRCS := kmap.c
DEPS := core/frame core/lock core/log
PUBLIC_DEPS := lib/base arch/api
OPTIMIZE := size
