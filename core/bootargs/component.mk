SRCS := bootargs.c
DEPS := core/log lib/string
PUBLIC_DEPS := lib/base
OPTIMIZE := size
TEST_DEPS := arch/host
