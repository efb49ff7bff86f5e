SRCS := bench.c walk.c worst.c
DEPS := arch/api core/console core/frame core/heap core/slab core/tlsf lib/printf lib/string
PROVIDES := app
