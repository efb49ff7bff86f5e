SRCS := kmap.c
DEPS := core/frame core/lock core/log arch/api
PUBLIC_DEPS := lib/base
OPTIMIZE := size
