SRCS := seeded.c seeds.c
DEPS := arch/api core/bootargs core/frame core/heap core/log core/percpu core/slab core/thread core/time lib/string
PROVIDES := app
