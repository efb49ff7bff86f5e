SRCS := vuart.c
DEPS := lib/base
PUBLIC_DEPS := virt/vdev
TEST_DEPS := virt/vdev
