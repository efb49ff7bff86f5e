SRCS :=
DEPS :=
