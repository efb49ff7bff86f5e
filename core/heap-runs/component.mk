SRCS := runs.c
PUBLIC_DEPS := core/frame
OPTIMIZE := size
