SRCS := user.c
DEPS := arch/host
PROVIDES := user
