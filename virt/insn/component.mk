SRCS := insn.c
PUBLIC_DEPS := lib/base
