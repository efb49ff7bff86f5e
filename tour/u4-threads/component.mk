SRCS := main.c
DEPS := core/console core/thread drivers/pflash lib/printf lib/string
PUBLIC_DEPS := lib/base
PROVIDES := app
