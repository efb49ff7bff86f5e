SRCS := crc32.c
DEPS :=
PUBLIC_DEPS := lib/base
