SRCS := boot_info.c read.c
HOST_SRCS := read.c
DEPS := platform/api arch/api lib/fdt lib/string
PROVIDES := platform
OPTIMIZE := size
TEST_DEPS := arch/host
