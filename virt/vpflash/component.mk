SRCS := vpflash.c
DEPS := lib/bits lib/string
PUBLIC_DEPS := core/sync virt/vdev
TEST_DEPS := arch/host virt/vdev
