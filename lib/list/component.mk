SRCS :=
DEPS :=
PUBLIC_DEPS := lib/base
