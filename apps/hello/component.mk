SRCS := hello.c
DEPS := core/console
PROVIDES := app
