SRCS := stack.c script.c
DEPS := core/heap lib/elf lib/string linux/abi
PUBLIC_DEPS := lib/base
TEST_DEPS := arch/host core/frame core/heap-tlsf
