SRCS := partition.c
DEPS := lib/crc32 lib/string
PUBLIC_DEPS := lib/base
