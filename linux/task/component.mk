SRCS := table.c process.c vfs.c group.c
DEPS := arch/uaccess arch/user core/frame core/heap lib/string linux/fs-context linux/reclaim mm/vspace
PUBLIC_DEPS := arch/api linux/abi linux/cred linux/pid linux/sigqueue fs/vfs lib/base lib/list core/lock core/sync core/thread core/time
TEST_DEPS := arch/host arch/host-paging arch/host-user core/heap-tlsf
