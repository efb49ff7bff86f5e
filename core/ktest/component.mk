SRCS := ktest.c
DEPS := core/console lib/printf lib/string
PUBLIC_DEPS := lib/base
