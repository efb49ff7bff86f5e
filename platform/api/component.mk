SRCS :=
PUBLIC_DEPS := lib/base lib/fdt arch/api
CONTRACT := platform
