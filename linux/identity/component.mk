SRCS := identity.c capability.c session.c prctl.c
DEPS := arch/uaccess core/heap lib/base lib/string linux/cred linux/task
PUBLIC_DEPS := linux/abi
