SRCS := sort.c
DEPS :=
PUBLIC_DEPS := lib/base
TEST_DEPS := lib/prng
