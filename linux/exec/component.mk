SRCS := exec.c strings.c load.c
DEPS := linux/machine linux/abi arch/uaccess arch/user core/heap core/log core/random lib/elf lib/printf lib/string linux/clock linux/cred linux/fd linux/lifecycle linux/pending linux/task \
    linux/signal linux/userstack linux/vdso mm/filemap mm/vspace
PUBLIC_DEPS := lib/base fs/vfs
EXPORTS := sys_*
TEST_DEPS := arch/host arch/host-paging arch/host-user core/faultinject core/frame core/heap core/heap-tlsf fs/ramfs linux/fdtable linux/fs-context
