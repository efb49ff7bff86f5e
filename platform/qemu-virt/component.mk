SRCS := boot_info.c
DEPS := arch/api lib/fdt lib/string
PROVIDES := platform
OPTIMIZE := size
