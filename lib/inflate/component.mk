SRCS := inflate.c codes.c gzip.c
DEPS := lib/string lib/crc32
PUBLIC_DEPS := lib/base
TEST_DEPS := lib/prng
