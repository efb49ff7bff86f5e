SRCS := reader.c value.c query.c writer.c copy.c
DEPS := lib/string lib/printf
PUBLIC_DEPS := lib/base
OPTIMIZE := size
