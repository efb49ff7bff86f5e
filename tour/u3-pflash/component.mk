SRCS := main.c
DEPS := core/console core/kmap core/power drivers/pflash drivers/syscon lib/fdt lib/printf lib/string platform/api
PUBLIC_DEPS := lib/base
PROVIDES := app
