SRCS :=
PUBLIC_DEPS := lib/base
