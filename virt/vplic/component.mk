SRCS := vplic.c
DEPS := lib/string
PUBLIC_DEPS := core/lock virt/vdev
TEST_DEPS := arch/host virt/vdev
