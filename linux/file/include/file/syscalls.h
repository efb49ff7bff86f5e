/*
 * The system calls of this component: see <abi/abi.h>.
 */
#ifndef FILE_SYSCALLS_H
#define FILE_SYSCALLS_H

#include <abi/abi.h>

syscall_handler sys_mkdirat;
syscall_handler sys_mknodat;
syscall_handler sys_unlinkat;
syscall_handler sys_symlinkat;
syscall_handler sys_linkat;
syscall_handler sys_renameat2;
syscall_handler sys_readlinkat;
syscall_handler sys_openat;
syscall_handler sys_close;
syscall_handler sys_close_range;
syscall_handler sys_dup;
syscall_handler sys_dup3;
syscall_handler sys_pipe2;
syscall_handler sys_fcntl;
syscall_handler sys_flock;
syscall_handler sys_read;
syscall_handler sys_write;
syscall_handler sys_pread64;
syscall_handler sys_pwrite64;
syscall_handler sys_readv;
syscall_handler sys_writev;
syscall_handler sys_preadv;
syscall_handler sys_pwritev;
syscall_handler sys_preadv2;
syscall_handler sys_pwritev2;
syscall_handler sys_sendfile;
syscall_handler sys_copy_file_range;
syscall_handler sys_lseek;
syscall_handler sys_ftruncate;
syscall_handler sys_truncate;
syscall_handler sys_fallocate;
syscall_handler sys_fsync;
syscall_handler sys_fdatasync;
syscall_handler sys_sync;
syscall_handler sys_syncfs;
syscall_handler sys_fadvise64;
syscall_handler sys_ioctl;
syscall_handler sys_fstat;
syscall_handler sys_newfstatat;
syscall_handler sys_statx;
syscall_handler sys_statfs;
syscall_handler sys_fstatfs;
syscall_handler sys_faccessat;
syscall_handler sys_faccessat2;
syscall_handler sys_fchmod;
syscall_handler sys_fchmodat;
syscall_handler sys_fchmodat2;
syscall_handler sys_fchown;
syscall_handler sys_fchownat;
syscall_handler sys_utimensat;
syscall_handler sys_getdents64;
syscall_handler sys_chdir;
syscall_handler sys_fchdir;
syscall_handler sys_chroot;
syscall_handler sys_getcwd;
syscall_handler sys_umask;
syscall_handler sys_mount;
syscall_handler sys_umount2;
syscall_handler sys_ppoll;
syscall_handler sys_pselect6;

#endif
