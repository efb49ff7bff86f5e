SRCS := driver.c
HOST_SRCS := host.c
DEPS := core/log lib/string platform/api
PUBLIC_DEPS := lib/base lib/fdt
OPTIMIZE := size
