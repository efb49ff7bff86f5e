SRCS := fdtable.c
DEPS := lib/bits lib/string core/heap
PUBLIC_DEPS := lib/base core/lock core/file
