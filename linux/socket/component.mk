SRCS := socket.c
DEPS := linux/abi lib/base linux/fd
EXPORTS := sys_*
