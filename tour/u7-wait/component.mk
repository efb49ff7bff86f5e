SRCS := main.c
DEPS := core/console core/sync core/thread lib/printf lib/string
PUBLIC_DEPS := lib/base
PROVIDES := app
