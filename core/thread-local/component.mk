SRCS := room.c
DEPS := core/thread lib/string
