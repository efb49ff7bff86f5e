SRCS := boottime.c
DEPS := arch/api core/log core/frame platform/api
PROVIDES := app
