SRCS := wait.c poll.c select.c epoll.c epoll_ctl.c epoll_wait.c
DEPS := linux/abi lib/base lib/string lib/bits arch/uaccess core/heap core/lock core/sync core/time linux/fd linux/pending linux/task
EXPORTS := sys_*
TEST_DEPS := arch/host arch/host-paging core/frame core/heap core/heap-tlsf fs/ramfs linux/fdtable linux/fs-context linux/task mm/vspace
