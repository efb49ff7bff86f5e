SRCS := bitmap.c
DEPS := lib/bits
PUBLIC_DEPS := lib/base
TEST_DEPS := lib/prng
