/*
 * The system calls of this component: see <abi/abi.h>.
 */
#ifndef MEMORY_SYSCALLS_H
#define MEMORY_SYSCALLS_H

#include <abi/abi.h>

syscall_handler sys_mmap;
syscall_handler sys_munmap;
syscall_handler sys_mprotect;
syscall_handler sys_mremap;
syscall_handler sys_brk;
syscall_handler sys_madvise;
syscall_handler sys_msync;
syscall_handler sys_mincore;
syscall_handler sys_mlock;
syscall_handler sys_mlock2;
syscall_handler sys_munlock;
syscall_handler sys_mlockall;
syscall_handler sys_munlockall;

#endif
