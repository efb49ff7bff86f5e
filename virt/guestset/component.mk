SRCS := guestset.c
DEPS := lib/cpio lib/inflate lib/string core/frame
PUBLIC_DEPS := lib/base
TEST_DEPS := core/heap-tlsf arch/host
