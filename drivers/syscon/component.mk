SRCS := syscon.c
DEPS := arch/api core/driver core/kmap core/power
