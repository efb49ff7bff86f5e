SRCS :=
DEPS := lib/bits
PUBLIC_DEPS := lib/base
