SRCS := format.c snprintf.c
DEPS :=
PUBLIC_DEPS := lib/base
TEST_DEPS := lib/prng
OPTIMIZE := size
