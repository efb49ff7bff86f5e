SRCS := main.c map.c sort.c vector.c
DEPS := core/console core/heap lib/prng lib/printf lib/rbtree lib/string
PROVIDES := app
