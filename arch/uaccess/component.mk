SRCS :=
PUBLIC_DEPS := lib/base
CONTRACT := uaccess
