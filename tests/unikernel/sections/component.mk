SRCS := sections.c
DEPS := core/console
PROVIDES := app
