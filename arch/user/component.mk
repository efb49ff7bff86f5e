SRCS :=
PUBLIC_DEPS := arch/api
CONTRACT := user
