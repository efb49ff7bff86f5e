SRCS := attr.c dir.c names.c open.c rw.c stat.c sync.c xattr.c
DEPS := linux/abi lib/base lib/string arch/uaccess core/heap core/log fs/fifo fs/pipe fs/vfs linux/fd linux/pathname linux/fs-context linux/pending linux/task mm/pagecache
EXPORTS := sys_*
