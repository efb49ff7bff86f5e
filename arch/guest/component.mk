SRCS :=
PUBLIC_DEPS := arch/api lib/base
CONTRACT := guest
