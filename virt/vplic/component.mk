SRCS := vplic.c
PUBLIC_DEPS := virt/vdev
TEST_DEPS := virt/vdev
