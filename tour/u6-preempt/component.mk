SRCS := main.c
DEPS := core/console core/lock core/percpu core/sched core/thread lib/printf lib/string
PUBLIC_DEPS := lib/base
PROVIDES := app
