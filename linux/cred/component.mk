SRCS := cred.c
DEPS := lib/base
PUBLIC_DEPS := fs/vfs
