SRCS := insn.c address.c
PUBLIC_DEPS := lib/base
