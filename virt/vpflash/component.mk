SRCS := vpflash.c
DEPS := lib/bits lib/string
PUBLIC_DEPS := virt/vdev
TEST_DEPS := virt/vdev
