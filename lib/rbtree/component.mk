SRCS := rbtree.c
DEPS :=
PUBLIC_DEPS := lib/base
