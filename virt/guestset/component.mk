SRCS := guestset.c
DEPS := lib/cpio lib/inflate lib/string core/log core/frame
PUBLIC_DEPS := lib/base
