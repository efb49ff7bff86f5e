SRCS := tlsf.c
DEPS :=
PUBLIC_DEPS := lib/base lib/bits
TEST_DEPS := arch/host
UNSANITIZED := address
