CONTRACT := heap
SRCS :=
DEPS :=
PUBLIC_DEPS := lib/base
