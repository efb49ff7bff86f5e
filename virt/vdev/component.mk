SRCS := vdev.c
PUBLIC_DEPS := lib/base
