SRCS := vpflash.c
DEPS := lib/base lib/string
PUBLIC_DEPS := virt/vdev
TEST_DEPS := virt/vdev
