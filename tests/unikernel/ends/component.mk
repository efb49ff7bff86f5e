SRCS := ends.c
DEPS := core/bootargs core/log core/thread lib/string
PROVIDES := app
