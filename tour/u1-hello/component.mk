SRCS := main.c
DEPS := core/console core/log lib/printf lib/string
PROVIDES := app
