SRCS := symtab.c
PUBLIC_DEPS := lib/base
OPTIMIZE := size
