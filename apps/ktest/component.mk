SRCS := ktest.c
DEPS := core/bootargs core/ktest core/sync core/thread core/work lib/string
PROVIDES := app
