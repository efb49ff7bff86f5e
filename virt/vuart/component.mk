SRCS := vuart.c
PUBLIC_DEPS := core/lock virt/vdev
TEST_DEPS := arch/host virt/vdev
