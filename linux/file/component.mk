SRCS := dir.c epoll.c epoll_ctl.c epoll_wait.c eventfd.c fd_table.c mount.c names.c open.c pidfd.c poll.c rw.c signalfd.c socket.c stat.c sync.c \
    xattr.c
DEPS := lib/string lib/bits arch/uaccess core/log core/heap core/sync core/time linux/fs-context linux/pending linux/task fs/pipe fs/ramfs
PUBLIC_DEPS := lib/base linux/abi fs/vfs core/lock
