SRCS := identity.c capability.c session.c prctl.c
DEPS := linux/abi arch/uaccess core/heap lib/base lib/string linux/cred linux/task
EXPORTS := sys_*
TEST_DEPS := arch/host arch/host-paging arch/host-user core/heap-tlsf
