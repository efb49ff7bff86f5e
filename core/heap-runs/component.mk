SRCS := runs.c
DEPS := core/frame
PUBLIC_DEPS := lib/base
OPTIMIZE := size
