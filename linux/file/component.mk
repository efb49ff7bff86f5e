SRCS := attr.c dir.c ioctl.c names.c open.c rw.c stat.c sync.c xattr.c
DEPS := linux/abi lib/base lib/string arch/uaccess core/heap core/log fs/fifo fs/pipe fs/vfs linux/fd linux/pathname linux/fs-context linux/pending linux/task mm/pagecache
EXPORTS := sys_*
TEST_DEPS := arch/host arch/host-paging core/frame core/heap core/heap-tlsf fs/ramfs linux/fdtable linux/fs-context linux/task mm/vspace
