SRCS := mem.c str.c number.c
DEPS :=
PUBLIC_DEPS := lib/base
TEST_DEPS := lib/prng
