SRCS := power.c
DEPS := arch/api platform/api
PUBLIC_DEPS := lib/base
OPTIMIZE := size
