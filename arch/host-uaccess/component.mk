SRCS := uaccess.c
DEPS := lib/base
PROVIDES := uaccess
