/*
 * The system calls of this component: see <abi/abi.h>.
 */
#ifndef FILE_SYSCALLS_H
#define FILE_SYSCALLS_H

#include <abi/abi.h>

SYSCALL(mkdirat);
SYSCALL(mknodat);
SYSCALL(unlinkat);
SYSCALL(symlinkat);
SYSCALL(linkat);
SYSCALL(renameat2);
SYSCALL(readlinkat);
SYSCALL(openat);
SYSCALL(close);
SYSCALL(close_range);
SYSCALL(dup);
SYSCALL(dup3);
SYSCALL(pipe2);
SYSCALL(fcntl);
SYSCALL(flock);
SYSCALL(read);
SYSCALL(write);
SYSCALL(pread64);
SYSCALL(pwrite64);
SYSCALL(readv);
SYSCALL(writev);
SYSCALL(preadv);
SYSCALL(pwritev);
SYSCALL(preadv2);
SYSCALL(pwritev2);
SYSCALL(sendfile);
SYSCALL(copy_file_range);
SYSCALL(lseek);
SYSCALL(ftruncate);
SYSCALL(truncate);
SYSCALL(fallocate);
SYSCALL(fsync);
SYSCALL(fdatasync);
SYSCALL(sync);
SYSCALL(syncfs);
SYSCALL(fadvise64);
SYSCALL(ioctl);
SYSCALL(fstat);
SYSCALL(newfstatat);
SYSCALL(statx);
SYSCALL(statfs);
SYSCALL(fstatfs);
SYSCALL(faccessat);
SYSCALL(faccessat2);
SYSCALL(fchmod);
SYSCALL(fchmodat);
SYSCALL(fchmodat2);
SYSCALL(fchown);
SYSCALL(fchownat);
SYSCALL(utimensat);
SYSCALL(getdents64);
SYSCALL(chdir);
SYSCALL(fchdir);
SYSCALL(chroot);
SYSCALL(getcwd);
SYSCALL(umask);
SYSCALL(mount);
SYSCALL(umount2);
SYSCALL(ppoll);
SYSCALL(pselect6);

#endif
