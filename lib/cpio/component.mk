SRCS := cpio.c
DEPS := lib/string
PUBLIC_DEPS := lib/base
