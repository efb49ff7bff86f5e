SRCS := room.c
DEPS := core/thread
