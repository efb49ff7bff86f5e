SRCS := bench.c
DEPS := arch/api core/console core/lock core/sched core/sync core/thread lib/printf lib/string
PROVIDES := app
