SRCS := wait.c poll.c select.c epoll.c epoll_ctl.c epoll_wait.c
DEPS := linux/abi lib/base lib/string lib/bits arch/uaccess core/heap core/lock core/sync core/time linux/fd linux/pending linux/task
EXPORTS := sys_*
