SRCS := random.c
DEPS := arch/api core/lock lib/chacha20 lib/string
PUBLIC_DEPS := lib/base
