SRCS :=
