SRCS := uio.c
DEPS := lib/base lib/string arch/api
PUBLIC_DEPS := lib/base
