SRCS := eventfd.c memfd.c pidfd.c signalfd.c timerfd.c
DEPS := linux/abi lib/base lib/string arch/uaccess core/heap core/lock core/sync core/time fs/eventfd fs/ramfs linux/fd linux/pathname linux/pending linux/task
EXPORTS := sys_*
TEST_DEPS := arch/host arch/host-paging core/frame core/heap core/heap-tlsf fs/ramfs linux/fdtable linux/fs-context linux/task mm/vspace
