SRCS := floats.c
DEPS := arch/api core/console core/lock core/percpu core/thread core/time lib/printf lib/string
PROVIDES := app
