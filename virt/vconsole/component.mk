SRCS := vconsole.c
DEPS := core/console lib/printf lib/string
PUBLIC_DEPS := core/lock lib/base lib/list
TEST_DEPS := arch/host
