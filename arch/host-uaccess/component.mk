SRCS := uaccess.c
DEPS := arch/api lib/base
PROVIDES := uaccess
