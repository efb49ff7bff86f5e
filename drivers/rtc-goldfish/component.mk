SRCS := rtc_goldfish.c
DEPS := arch/api core/driver core/kmap core/time
