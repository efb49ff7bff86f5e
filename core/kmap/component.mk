SRCS := kmap.c
DEPS := core/frame core/lock core/log arch/api lib/shadow
PUBLIC_DEPS := lib/base
OPTIMIZE := size
