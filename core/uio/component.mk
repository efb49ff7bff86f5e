SRCS := uio.c
DEPS := lib/string arch/uaccess
PUBLIC_DEPS := lib/base
