SRCS := main.c
DEPS := core/thread lib/base
LIBS := apps/libc
PROVIDES := app
