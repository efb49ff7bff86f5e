SRCS := flat.c
DEPS := arch/api arch/host lib/base
PROVIDES := arch-paging
