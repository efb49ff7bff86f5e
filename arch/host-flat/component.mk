SRCS := flat.c
DEPS := arch/api arch/host
PUBLIC_DEPS := lib/base
PROVIDES := arch-paging
