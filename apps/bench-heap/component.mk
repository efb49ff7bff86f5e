SRCS := bench.c harts.c walk.c worst.c
DEPS := arch/api core/console core/frame core/heap core/percpu core/slab core/thread core/time core/tlsf lib/printf lib/string
PROVIDES := app
