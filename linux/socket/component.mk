SRCS := socket.c
DEPS := lib/base linux/fd
PUBLIC_DEPS := linux/abi
