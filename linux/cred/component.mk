SRCS := credentials.c ids.c capability.c user_account.c
DEPS := core/heap core/lock
PUBLIC_DEPS := fs/vfs lib/base lib/list
TEST_DEPS := arch/host core/frame core/heap-tlsf
