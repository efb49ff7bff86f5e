SRCS := ring.c
DEPS := lib/string
PUBLIC_DEPS := lib/base
TEST_DEPS := lib/prng
