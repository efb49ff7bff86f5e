/*
 * The system calls of this component: see <abi/abi.h>.
 */
#ifndef LIFECYCLE_SYSCALLS_H
#define LIFECYCLE_SYSCALLS_H

#include <abi/abi.h>

syscall_handler sys_clone;
syscall_handler sys_clone3;
syscall_handler sys_set_tid_address;
syscall_handler sys_exit;
syscall_handler sys_exit_group;
syscall_handler sys_wait4;
syscall_handler sys_waitid;

#endif
